// Lists as kubectl prints them: meta.k8s.io/v1 Table.
#pragma once

#include <string_view>
#include <vector>

#include "daaa/json.hpp"
#include "model/cluster.hpp"
#include "model/store.hpp"

namespace daaa::sandbox {

enum class IncludeObject { metadata, object, none };

// Whether an Accept header asks for tables.
bool wants_table(std::string_view accept);
IncludeObject include_object(std::string_view query);

Json make_table(Res res, const std::vector<Ref>& objects, IncludeObject include, const Features& features,
                Time now, bool with_columns = true);

}  // namespace daaa::sandbox
