#include "run/adopt.hpp"

#include <utility>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/labels.hpp"
#include "core/run_limits.hpp"
#include "core/verdict.hpp"
#include "run/resource_of.hpp"
#include "workload/objects.hpp"

namespace daaa::run {
Adoption::Adoption(RunContext& context, DriverSpec spec, Begin begin, Failed failed)
    : context_(context),
      spec_(std::move(spec)),
      begin_(std::move(begin)),
      failed_(std::move(failed)),
      read_(context, spec_.plan.jitter_seed, spec_.plan.limits.contact) {}

Adoption::~Adoption() {
  if (deadline_ != 0) context_.executor.cancel_timer(deadline_);
}

void Adoption::start() { read(model::Kind::job); }

// Without its Job a run is known by what it had made before, or has not removed yet.
void Adoption::read(model::Kind kind) {
  reading_ = kind;
  const client::Query query = {{"labelSelector", std::string(core::kInstanceLabel) + "=" + spec_.release},
                               {"limit", "50"}};
  read_.get(kind, client::collection_path(resource_of(kind), spec_.plan.namespace_, query),
            [this, kind](Result<client::Answer> answer) {
              auto list =
                  answer ? codec::decode_list(kind, answer->body) : Result<model::ObjectList>(answer.error());
              if (list) {
                listed(kind, *list);
              } else {
                fail(core::outcome_of(list.error()), spec_.plan.mode == core::Mode::attach);
              }
            });
}

void Adoption::listed(model::Kind kind, const model::ObjectList& list) {
  const RunSearch search = search_run(list, spec_.release, spec_.plan.namespace_);
  if (!search.not_ours.empty()) not_ours_ = search.not_ours;
  if (search.found) {
    note_deadline(list, *search.found);
    take_up(*search.found);
  } else if (!search.ambiguity.empty()) {
    fail({Verdict::misconfigured, core::kExitUsage, "Ambiguous", search.ambiguity});
  } else if (kind == model::Kind::job) {
    read(model::Kind::volume);
  } else if (kind == model::Kind::volume) {
    read(model::Kind::claim);
  } else {
    nothing_found();
  }
}

// Of the run's Job, where it is in the list.
void Adoption::note_deadline(const model::ObjectList& list, const FoundRun& found) {
  for (const auto& object : list.items) {
    const auto* job = std::get_if<model::Job>(&object);
    if (job == nullptr || job->meta.name != workload::job_name(found.full_name)) continue;
    spec_.job_deadline = std::chrono::seconds(job->active_deadline_seconds.value_or(0));
  }
}

void Adoption::take_up(const FoundRun& found) {
  spec_.plan.run_uid = found.run_uid;
  spec_.plan.volume_names = workload::volume_names(found.full_name);
  spec_.plan.claim_names = workload::claim_names(found.full_name);
  spec_.plan.job_name = workload::job_name(found.full_name);
  if (deadline_ != 0) {
    context_.executor.cancel_timer(std::exchange(deadline_, 0));
  }
  begin_(std::move(spec_));
}

void Adoption::nothing_found() {
  if (!not_ours_.empty()) {
    fail({Verdict::refused, core::kExitRefused, "NotOurs",
          not_ours_ + " was not made by daaa (it has no label " + core::kRunUidLabel +
              "), so it is left alone"});
    return;
  }
  fail({Verdict::vanished, core::kExitVanished, "NotFound",
        "there is nothing of run " + spec_.plan.job_id + " in namespace " + spec_.plan.namespace_});
}

void Adoption::cancel(CancelPolicy policy, const std::string& reason) {
  const bool looks_only = spec_.plan.mode == core::Mode::observe;
  if (policy == CancelPolicy::detach || looks_only) {
    fail({Verdict::cancelled, core::kExitInterrupted,
          policy == CancelPolicy::detach ? "Detached" : "Cancelled",
          reason.empty() ? "cancelled before the run was found" : reason},
         policy == CancelPolicy::detach);
    return;
  }
  if (deadline_ != 0) return;
  cancel_reason_ = reason.empty() ? "cancelled" : reason;
  const TimePoint asked = context_.executor.now();
  when_begun([policy, reason, asked](RunDriver& driver) { driver.cancel(policy, reason, asked); });
  deadline_ = context_.executor.run_at(asked + core::kHurriedAll, [this] {
    deadline_ = 0;
    out_of_time();
  });
  // The next try may be seconds away, and there are nine.
  if (read_.trouble()) {
    read_.stop();
    read(reading_);
  }
}

void Adoption::out_of_time() {
  std::string message = cancel_reason_ + "; what the run has on the server could not be read and is left";
  if (read_.trouble()) message += ": " + read_.trouble()->to_string();
  fail({Verdict::cancelled, core::kExitInterrupted, "Cancelled", std::move(message)}, true);
}

void Adoption::fail(core::Outcome outcome, bool attachable) {
  read_.stop();
  if (deadline_ != 0) context_.executor.cancel_timer(std::exchange(deadline_, 0));
  RunReport report;
  report.job_id = spec_.plan.job_id;
  report.namespace_ = spec_.plan.namespace_;
  report.job_name = spec_.plan.job_name;
  report.verdict = outcome.verdict;
  report.exit_code = outcome.exit_code;
  report.reason = outcome.reason;
  report.message = outcome.message;
  report.attachable = attachable;
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
  if (const auto failed = std::exchange(failed_, {})) failed(report);
}

}  // namespace daaa::run
