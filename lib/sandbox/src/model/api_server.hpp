// The API server: a request to an answer, by path and verb.
#pragma once

#include <optional>
#include <string>

#include "model/authorizer.hpp"
#include "model/deletion.hpp"
#include "model/request_info.hpp"
#include "model/streams.hpp"
#include "model/world.hpp"

namespace daaa::sandbox {

class ApiServer {
 public:
  ApiServer(World& world, StreamTable& streams, Authorizer& users)
      : world_(world), streams_(streams), users_(users) {}

  Response handle(const Request& request);

  // Since a restart there is no history before this resourceVersion, nor since a compaction.
  void compacted();
  void lost_watch_cache();

 private:
  // What every handler needs of a request.
  struct Call {
    const Request& request;
    const RequestInfo& info;
    const ResourceType& type;
    const User& user;
  };

  // Discovery, version, health (discovery.cpp).
  Response general(const Request& request, const RequestInfo& info);
  Response discover_groups() const;
  Response discover_resources(const std::string& group, const std::string& version) const;
  Response openapi(const RequestInfo& info) const;
  Response openapi_v2(const Request& request) const;
  Response version_info() const;

  // Reading (api_read.cpp).
  Response get(const Call& call);
  Response list(const Call& call);
  Response watch(const Call& call);
  Response list_answer(const Call& call, const std::vector<Ref>& items, std::uint64_t rv,
                       const std::string& next, std::optional<std::int64_t> remaining) const;
  Response object_answer(const Call& call, int status, const Ref& ref) const;
  std::optional<std::vector<Ref>> snapshot(const Call& call, std::uint64_t rv, const std::string& from) const;

  // Writing (api_write.cpp).
  Response create(const Call& call);
  Response update(const Call& call);
  Response patch(const Call& call);
  Response store_changed(const Call& call, const Ref& before, Json object, std::vector<std::string> unknown);
  Response evict_pod(const Call& call);

  // Deleting (api_delete.cpp).
  Response remove(const Call& call);
  Response remove_collection(const Call& call);

  // Logs (api_log.cpp).
  Response log(const Call& call);

  // Reviews and tokens (api_reviews.cpp).
  std::optional<Response> review(const Request& request, const RequestInfo& info, const User& user);
  Response access_review(const Json& body, const User& user) const;
  Response rules_review(const User& user) const;
  Response subject_review(const User& user) const;
  Response token_request(const Call& call);

  World& world_;
  StreamTable& streams_;
  Authorizer& users_;
  std::uint64_t compacted_rv_ = 0;  // lists at or before it: 410
  std::uint64_t watch_floor_ = 0;   // watches from before it: 410
};

// A request's body as JSON; the response says what is wrong with it.
struct Body {
  Json value;
  std::optional<Response> refused;
};
Body read_body(const Request& request);
// apiVersion of a type: "v1", "batch/v1".
std::string api_version(const ResourceType& type);
// The object with kind and apiVersion in front, as it is sent.
std::string object_text(const ResourceType& type, const std::string& text);
bool is_dry_run(const RequestInfo& info);

}  // namespace daaa::sandbox
