#include "run/adopt.hpp"

#include <algorithm>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/labels.hpp"

namespace daaa::run {

Adoption::Adoption(RunContext& context, DriverSpec spec, Begin begin, Failed failed)
    : context_(context),
      spec_(std::move(spec)),
      begin_(std::move(begin)),
      failed_(std::move(failed)),
      delay_(spec_.plan.jitter_seed) {}

Adoption::~Adoption() {
  if (timer_ != 0) context_.executor.cancel_timer(timer_);
  if (call_ != 0) context_.api.cancel(call_);
}

void Adoption::start() {
  started_ = context_.executor.now();
  read_job();
}

void Adoption::read_job() {
  client::ApiRequest request;
  request.path = client::object_path(resources::kJobs, spec_.plan.namespace_, spec_.plan.job_name);
  call_ = context_.api.call(std::move(request), [this](Result<client::Answer> answer) {
    call_ = 0;
    const bool answered = answer || answer.error().kind == ErrorKind::not_found;
    if (answered) denials_.allowed("read");
    if (!answer) {
      if (answered) {
        read_list(model::Kind::volume);
      } else {
        trouble(answer.error(), [this] { read_job(); });
      }
      return;
    }
    auto job = codec::decode_object(model::Kind::job, answer->body);
    if (job) {
      take_up(model::meta_of(*job));
    } else {
      trouble(job.error(), [this] { read_job(); });
    }
  });
}

// Without its Job a run is known by what it had made before, or has not removed yet.
void Adoption::read_list(model::Kind kind) {
  const bool volumes = kind == model::Kind::volume;
  const Resource& type = volumes ? resources::kPersistentVolumes : resources::kPersistentVolumeClaims;
  client::ApiRequest request;
  request.path = client::collection_path(
      type, spec_.plan.namespace_,
      {{"labelSelector", spec_.scope.selector + "," + core::kRunUidLabel}, {"limit", "50"}});
  call_ = context_.api.call(std::move(request), [this, kind, volumes](Result<client::Answer> answer) {
    call_ = 0;
    auto list = answer ? codec::decode_list(kind, answer->body) : Result<model::ObjectList>(answer.error());
    if (list) denials_.allowed("read");
    if (!list) {
      trouble(list.error(), [this, kind] { read_list(kind); });
    } else if (const auto* meta = named_as_ours(*list)) {
      take_up(*meta);
    } else if (volumes) {
      read_list(model::Kind::claim);
    } else {
      nothing_found();
    }
  });
}

// Another run may carry the same instance label; only the names of this one make an object its own.
const model::ObjectMeta* Adoption::named_as_ours(const model::ObjectList& list) const {
  const auto has = [](const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& object : list.items) {
    const auto& meta = model::meta_of(object);
    if (has(spec_.plan.volume_names, meta.name) || has(spec_.plan.claim_names, meta.name)) return &meta;
  }
  return nullptr;
}

void Adoption::take_up(const model::ObjectMeta& meta) {
  const auto uid = meta.labels.find(core::kRunUidLabel);
  if (uid == meta.labels.end()) {
    fail({Verdict::refused, core::kExitRefused, "NotOurs",
          meta.name + " was not made by daaa (it has no label " + core::kRunUidLabel +
              "), so it is left alone"});
    return;
  }
  spec_.plan.run_uid = uid->second;
  begin_(std::move(spec_));
}

void Adoption::nothing_found() {
  fail({Verdict::vanished, core::kExitVanished, "NotFound",
        "there is nothing of run " + spec_.plan.job_id + " in namespace " + spec_.plan.namespace_});
}

void Adoption::trouble(const Error& error, std::function<void()> again) {
  const auto now = context_.executor.now();
  const auto kind = core::classify(error);
  if (kind == core::Trouble::denied) {
    denials_.denied("read", error, now);
  } else {
    denials_.interrupted("read");
  }
  const bool hopeless =
      kind == core::Trouble::untrusted || kind == core::Trouble::misuse || !core::is_passing(kind);
  const bool too_long = now - started_ >= spec_.plan.limits.contact;
  if (hopeless || too_long || denials_.final_at(now)) {
    fail(core::outcome_of(error));
    return;
  }
  timer_ = context_.executor.run_at(now + delay_.next(error), [this, again = std::move(again)] {
    timer_ = 0;
    again();
  });
}

void Adoption::fail(core::Outcome outcome) {
  RunReport report;
  report.job_id = spec_.plan.job_id;
  report.namespace_ = spec_.plan.namespace_;
  report.job_name = spec_.plan.job_name;
  report.verdict = outcome.verdict;
  report.exit_code = outcome.exit_code;
  report.reason = outcome.reason;
  report.message = outcome.message;
  if (spec_.observer) {
    RunEvent event;
    event.type = RunEvent::Type::done;
    event.job_id = spec_.plan.job_id;
    event.time = context_.time_stamp();
    event.phase = Phase::done;
    event.verdict = report.verdict;
    event.reason = report.reason;
    event.message = report.message;
    event.report = &report;
    spec_.observer(event);
  }
  failed_(report);
}

}  // namespace daaa::run
