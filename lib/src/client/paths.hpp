// URLs of the API: every part is percent-encoded, so no name can become another URL.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daaa/client.hpp"

namespace daaa::client {

using Query = std::vector<std::pair<std::string, std::string>>;

std::string percent_encode(std::string_view text);
// "/api/v1/namespaces/dean/pods?labelSelector=a%3Db"; an empty ns lists all namespaces.
std::string collection_path(const Resource& type, std::string_view ns, const Query& query = {});
std::string object_path(const Resource& type, std::string_view ns, std::string_view name,
                        std::string_view subresource = {}, const Query& query = {});

}  // namespace daaa::client
