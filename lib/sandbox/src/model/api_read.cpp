// get, list and watch.
#include <algorithm>
#include <charconv>

#include "model/api_server.hpp"
#include "model/continue_token.hpp"
#include "model/fields.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Selectors {
  LabelSelector labels;
  FieldSelector fields;
  std::optional<Response> refused;
};

Selectors selectors_of(Res res, const RequestInfo& info) {
  Selectors out;
  auto labels = LabelSelector::parse(info.get("labelSelector"));
  auto fields = FieldSelector::parse(res, info.get("fieldSelector"));
  if (const auto* why = std::get_if<std::string>(&labels)) {
    out.refused = bad_request(*why);
  } else if (const auto* trouble = std::get_if<std::string>(&fields)) {
    out.refused = bad_request(*trouble);
  } else {
    out.labels = std::move(std::get<LabelSelector>(labels));
    out.fields = std::move(std::get<FieldSelector>(fields));
  }
  return out;
}

bool selected(const Selectors& s, const Json& object) {
  return s.labels.matches(object["metadata"]["labels"]) && s.fields.matches(object);
}

Response invalid_list_options(const FieldCauses& causes) {
  return invalid("meta.k8s.io", "ListOptions", "", causes);
}

Response too_large(std::uint64_t wanted, std::uint64_t current) {
  Json cause =
      Json::object({{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}});
  return fail(
      504, "Timeout",
      "Too large resource version: " + std::to_string(wanted) + ", current: " + std::to_string(current),
      Json::object({{"causes", Json::array({std::move(cause)})}, {"retryAfterSeconds", 1}}));
}

std::string unsupported_accept(const Request& request) {
  const std::string_view accept = header_of(request, "accept");
  const bool fits = accept.empty() || accept.find("json") != std::string_view::npos ||
                    accept.find("*/*") != std::string_view::npos;
  return fits ? "" : "only the following media types are accepted: application/json";
}

}  // namespace

Response ApiServer::object_answer(const Call& call, int status, const Ref& ref) const {
  Response response;
  response.status = status;
  response.headers.emplace_back("content-type", "application/json");
  if (wants_table(header_of(call.request, "accept")) && call.request.method == "GET") {
    const auto include = include_object(call.info.get("includeObject"));
    response.body = to_json(make_table(call.type.res, {ref}, include, world_.features(), world_.now)) + "\n";
  } else {
    response.body = object_text(call.type, ref->text()) + "\n";
  }
  return response;
}

Response ApiServer::get(const Call& call) {
  if (const std::string why = unsupported_accept(call.request); !why.empty())
    return fail(406, "NotAcceptable", why, Json::object());
  const std::string& ns = call.type.res == Res::namespaces ? std::string() : call.info.ns;
  const Ref ref = world_.store.find(call.type.res, ns, call.info.name);
  return ref ? object_answer(call, 200, ref) : not_found(call.type, call.info.name);
}

// The list as it was at `rv`: the present one with all later changes taken back. Nullopt where the
// history does not reach that far.
std::optional<std::vector<Ref>> ApiServer::snapshot(const Call& call, std::uint64_t rv,
                                                    const std::string& from) const {
  const Store& store = world_.store;
  const Res res = call.type.res;
  const std::string prefix = call.info.ns.empty() ? "" : call.info.ns + "/";
  const auto in_reach = [&](const std::string& key) { return key >= from && key.starts_with(prefix); };
  if (rv >= store.revision()) {
    std::vector<Ref> items;
    for (auto it = store.all(res).lower_bound(std::max(from, prefix)); it != store.all(res).end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      items.push_back(it->second);
    }
    return items;
  }
  if (rv < store.forgotten(res) || rv < compacted_rv_) return std::nullopt;
  Store::Objects then = store.all(res);
  for (std::uint64_t i = store.history_end(res); i > store.history_begin(res); --i) {
    const Change& change = store.history_at(res, i - 1);
    if (change.object->rv <= rv) break;
    const std::string key = key_of(change.object->object);
    if (change.before) {
      then[key] = change.before;
    } else {
      then.erase(key);
    }
  }
  std::vector<Ref> items;
  for (const auto& [key, ref] : then) {
    if (in_reach(key)) items.push_back(ref);
  }
  return items;
}

Response ApiServer::list_answer(const Call& call, const std::vector<Ref>& items, std::uint64_t rv,
                                const std::string& next, std::optional<std::int64_t> remaining) const {
  Json meta = Json::object({{"resourceVersion", std::to_string(rv)}});
  if (!next.empty()) meta.set("continue", next);
  if (remaining) meta.set("remainingItemCount", *remaining);
  Response response;
  response.headers.emplace_back("content-type", "application/json");
  if (wants_table(header_of(call.request, "accept"))) {
    Json table = make_table(call.type.res, items, include_object(call.info.get("includeObject")),
                            world_.features(), world_.now);
    table.set("metadata", std::move(meta));
    response.body = to_json(table) + "\n";
    return response;
  }
  std::string& out = response.body;
  out = R"({"kind":")" + std::string(call.type.kind) + R"(List","apiVersion":")" + api_version(call.type) +
        R"(","metadata":)" + to_json(meta) + R"(,"items":[)";
  for (const Ref& ref : items) {
    if (out.back() != '[') out += ',';
    out += ref->text();
  }
  out += "]}\n";
  return response;
}

Response ApiServer::list(const Call& call) {
  const RequestInfo& info = call.info;
  if (const std::string why = unsupported_accept(call.request); !why.empty())
    return fail(406, "NotAcceptable", why, Json::object());
  const Selectors selectors = selectors_of(call.type.res, info);
  if (selectors.refused) return *selectors.refused;

  std::uint64_t rv = world_.store.revision();
  std::string from;
  if (!info.get("continue").empty()) {
    const auto token = read_continue_token(info.get("continue"));
    if (!token) return bad_request("continue key is not valid: invalid character in continue token");
    from = token->start;
    if (token->rv >= 0) rv = static_cast<std::uint64_t>(token->rv);
    if (rv > world_.store.revision())
      return bad_request("continue key is not valid: its resourceVersion is in the future");
  } else if (const std::string_view wanted = info.get("resourceVersion"); !wanted.empty() && wanted != "0") {
    const auto exact = number(wanted);
    if (!exact) return bad_request("resourceVersion: Invalid value: " + quoted(wanted));
    if (*exact > rv) return too_large(*exact, rv);
    if (info.get("resourceVersionMatch") == "Exact") rv = *exact;
  }
  const auto items = snapshot(call, rv, from);
  if (!items) {
    if (from.empty()) return expired("The resourceVersion for the provided list is too old.");
    return expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new "
        "list "
        "without the continue parameter, or use the continue token in this response to retrieve the "
        "remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were "
        "created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        make_continue_token(-1, from));
  }
  const std::uint64_t limit = number(info.get("limit")).value_or(0);
  std::vector<Ref> page;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (!selected(selectors, (*items)[i]->object)) continue;
    page.push_back((*items)[i]);
    if (limit == 0 || page.size() < limit || i + 1 == items->size()) continue;
    const std::string next =
        make_continue_token(static_cast<std::int64_t>(rv), key_of(page.back()->object) + '\0');
    const bool all = info.get("labelSelector").empty() && info.get("fieldSelector").empty();
    const auto left = static_cast<std::int64_t>(items->size() - i - 1);
    return list_answer(call, page, rv, next, all ? std::optional(left) : std::nullopt);
  }
  return list_answer(call, page, rv, {}, std::nullopt);
}

Response ApiServer::watch(const Call& call) {
  const RequestInfo& info = call.info;
  Selectors selectors = selectors_of(call.type.res, info);
  if (selectors.refused) return *selectors.refused;
  const std::string_view match = info.get("resourceVersionMatch");
  const bool initial = info.flag("sendInitialEvents");
  const std::string_view wanted = info.get("resourceVersion");
  if (!world_.features().watch_list && !match.empty()) {
    FieldCauses causes = {
        forbidden_value("resourceVersionMatch", "resourceVersionMatch is forbidden for watch")};
    if (wanted.empty()) {
      causes.push_back(forbidden_value(
          "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    return invalid_list_options(causes);
  }
  if (world_.features().watch_list && info.query.count("sendInitialEvents") != 0 && match != "NotOlderThan") {
    return invalid_list_options({forbidden_value(
        "resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")});
  }
  const Store& store = world_.store;
  WatchSpec spec;
  spec.res = call.type.res;
  spec.ns = call.type.namespaced ? info.ns : "";
  spec.labels = std::move(selectors.labels);
  spec.fields = std::move(selectors.fields);
  if (!info.name.empty()) {  // the old form: /watch/.../NAME
    spec.fields = std::get<FieldSelector>(FieldSelector::parse(spec.res, "metadata.name=" + info.name));
  }
  spec.bookmarks = info.flag("allowWatchBookmarks");
  spec.table = wants_table(header_of(call.request, "accept"));
  spec.include = include_object(info.get("includeObject"));
  const auto timeout = number(info.get("timeoutSeconds"));
  spec.ends = world_.now +
              std::chrono::seconds(timeout.value_or(0) > 0 ? *timeout : 1800 + world_.random.below(1800));
  spec.cursor = store.history_end(spec.res);

  const auto rv = number(wanted);
  if (!wanted.empty() && !rv) {
    return invalid_list_options({invalid_value("resourceVersion", std::string(wanted), "invalid syntax")});
  }
  if (rv.value_or(0) == 0 || initial) {
    store.each(spec.res, spec.ns, [&](const Ref& ref) {
      if (spec.labels.matches(ref->object["metadata"]["labels"]) && spec.fields.matches(ref->object))
        spec.initial.push_back(ref);
    });
    spec.initial_bookmark = initial && spec.bookmarks;
  } else if (*rv < std::max(watch_floor_, store.forgotten(spec.res))) {
    const std::uint64_t oldest = std::max(watch_floor_, store.forgotten(spec.res)) + 1;
    spec.last_words = R"({"type":"ERROR","object":)" +
                      to_json(failure(410, "Expired",
                                      "too old resource version: " + std::to_string(*rv) + " (" +
                                          std::to_string(oldest) + ")")) +
                      "}\n";
  } else {
    spec.after = *rv;
    spec.cursor = store.history_after(spec.res, *rv);
  }
  Response response;
  response.headers.emplace_back("content-type", "application/json");
  response.stream = streams_.open(std::move(spec));
  return response;
}

}  // namespace daaa::sandbox
