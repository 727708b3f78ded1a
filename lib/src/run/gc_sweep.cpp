#include "run/gc_sweep.hpp"

#include <utility>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/labels.hpp"
#include "run/resource_of.hpp"
#include "workload/objects.hpp"

namespace daaa::run {
namespace {

constexpr std::size_t kAtOnce = 4;
constexpr const char* kPage = "500";
constexpr std::string_view kReleasePrefix = "daaa-";

std::string job_id_of(const std::string& release) {
  return release.rfind(kReleasePrefix, 0) == 0 ? release.substr(kReleasePrefix.size()) : release;
}

}  // namespace

GcSweep::GcSweep(RunContext& context, GcOptions options, std::uint64_t seed, Callbacks callbacks)
    : context_(context),
      options_(std::move(options)),
      seed_(seed),
      callbacks_(std::move(callbacks)),
      read_(context, seed, RunLimits().contact),
      alive_(std::make_shared<GcSweep*>(this)) {}

GcSweep::~GcSweep() = default;

void GcSweep::start() { list(model::Kind::job, {}); }

void GcSweep::abandon(const Error& error) {
  read_.stop();
  removals_.clear();
  finish(error);
}

void GcSweep::finish(Result<GcReport> report) {
  if (const auto done = std::exchange(callbacks_.done, {})) done(std::move(report));
}

void GcSweep::list(model::Kind kind, const std::string& continue_token) {
  client::Query query = {{"labelSelector", core::kRunUidLabel}, {"limit", kPage}};
  if (!continue_token.empty()) query.emplace_back("continue", continue_token);
  read_.get(kind, client::collection_path(resource_of(kind), options_.namespace_, query),
            [this, kind](Result<client::Answer> answer) {
              if (answer) {
                listed(kind, *answer);
              } else if (answer.error().kind == ErrorKind::gone) {
                // The pages are of a state that the server has forgotten: from the beginning.
                view_ = {};
                list(model::Kind::job, {});
              } else {
                finish(answer.error());
              }
            });
}

void GcSweep::listed(model::Kind kind, const client::Answer& answer) {
  auto page = codec::decode_list(kind, answer.body);
  if (!page) {
    finish(page.error());
    return;
  }
  for (auto& object : page->items) take(std::move(object));
  if (!page->continue_token.empty()) {
    list(kind, page->continue_token);
  } else if (kind == model::Kind::job) {
    list(model::Kind::claim, {});
  } else if (kind == model::Kind::claim) {
    list(model::Kind::volume, {});
  } else {
    judge();
  }
}

void GcSweep::take(model::Object object) {
  if (auto* job = std::get_if<model::Job>(&object)) {
    view_.jobs.push_back(std::move(*job));
  } else if (auto* claim = std::get_if<model::Claim>(&object)) {
    view_.claims.push_back(std::move(*claim));
  } else if (auto* volume = std::get_if<model::Volume>(&object)) {
    const bool asked_for = options_.namespace_.empty() ||
                           (volume->claim_ref && volume->claim_ref->namespace_ == options_.namespace_);
    if (asked_for) view_.volumes.push_back(std::move(*volume));
  }
}

void GcSweep::judge() {
  view_.server_seconds = context_.api.server_seconds();
  core::GcRules rules;
  rules.after_end_seconds = options_.after_end.count();
  rules.without_job_seconds = options_.without_job.count();
  rules.running = options_.running;
  findings_ = core::find_left_behind(view_, rules);
  const std::weak_ptr<GcSweep*> weak = alive_;
  for (const auto& finding : findings_) {
    GcEntry entry;
    entry.namespace_ = finding.namespace_;
    entry.job_id = job_id_of(finding.release);
    entry.run_uid = finding.run_uid;
    entry.objects = finding.objects;
    entry.why = finding.why;
    if (finding.prey) {
      const std::string reason = not_removable(finding);
      entry.state = reason.empty() ? GcEntry::State::left_behind : GcEntry::State::in_use;
      if (!reason.empty()) entry.why = reason;
    }
    report_.entries.push_back(std::move(entry));
    tell(report_.entries.size() - 1);
    if (weak.expired()) return;
  }
  remove_next();
}

std::string GcSweep::not_removable(const core::GcFinding& finding) const {
  if (callbacks_.is_followed(finding.run_uid)) return "this process follows it";
  if (finding.namespace_.empty()) return "its volumes do not name a namespace: see who made them";
  if (!workload::full_name_of(finding.object_name)) {
    return finding.object_name + " bears our labels and is not named as daaa names its objects";
  }
  return {};
}

void GcSweep::remove_next() {
  while (options_.remove && next_ < findings_.size() && removals_.size() < kAtOnce) {
    const std::size_t index = next_++;
    if (report_.entries[index].state != GcEntry::State::left_behind) continue;
    removals_[index];
    if (findings_[index].has_job) {
      remove(index);
    } else {
      look_for_job(index);
    }
  }
  const bool all_taken = !options_.remove || next_ >= findings_.size();
  if (all_taken && removals_.empty()) finish(std::move(report_));
}

// A client that was stopped for an hour may have gone on since the lists were made.
void GcSweep::look_for_job(std::size_t index) {
  const auto& finding = findings_[index];
  auto& look = removals_[index].look;
  look = std::make_unique<PatientRead>(context_, seed_ + index, RunLimits().contact);
  const std::string name = workload::job_name(*workload::full_name_of(finding.object_name));
  look->get(model::Kind::job, client::object_path(resources::kJobs, finding.namespace_, name),
            [this, index](Result<client::Answer> answer) {
              GcEntry& entry = report_.entries[index];
              if (!answer && answer.error().kind == ErrorKind::not_found) {
                remove(index);
                return;
              }
              auto job = answer ? codec::decode_object(model::Kind::job, answer->body)
                                : Result<model::Object>(answer.error());
              if (job && model::meta_of(*job).labels.count(core::kRunUidLabel) != 0 &&
                  model::meta_of(*job).labels.at(core::kRunUidLabel) != entry.run_uid) {
                remove(index);  // another run's, which has the name by now
                return;
              }
              entry.state = job ? GcEntry::State::in_use : GcEntry::State::not_removed;
              entry.why = job ? "its Job was made a moment ago" : job.error().to_string();
              settled(index);
            });
}

void GcSweep::remove(std::size_t index) {
  const auto& finding = findings_[index];
  const std::string full_name = *workload::full_name_of(finding.object_name);
  DriverSpec spec;
  spec.release = finding.release;
  spec.scope = {finding.namespace_, std::string(core::kRunUidLabel) + "=" + finding.run_uid, "gc"};
  spec.plan.mode = core::Mode::remove;
  spec.plan.job_id = report_.entries[index].job_id;
  spec.plan.run_uid = finding.run_uid;
  spec.plan.namespace_ = finding.namespace_;
  spec.plan.volume_names = workload::volume_names(full_name);
  spec.plan.claim_names = workload::claim_names(full_name);
  spec.plan.job_name = workload::job_name(full_name);
  spec.plan.log = LogMode::none;
  spec.plan.jitter_seed = seed_ + index;
  spec.on_done = [this, index](const RunReport& report) {
    GcEntry& entry = report_.entries[index];
    const bool whole = report.exit_code == 0 && report.left.empty();
    entry.state = whole ? GcEntry::State::removed : GcEntry::State::not_removed;
    entry.removal = report;
    settled(index);
  };
  auto& driver = removals_[index].driver;
  driver = std::make_unique<RunDriver>(context_, std::move(spec));
  driver->start();
}

// Called from within what has ended, so that goes when the loop comes round.
void GcSweep::settled(std::size_t index) {
  context_.executor.post([this, weak = std::weak_ptr(alive_), index] {
    if (weak.expired()) return;
    removals_.erase(index);
    tell(index);
    if (!weak.expired()) remove_next();
  });
}

void GcSweep::tell(std::size_t index) {
  if (callbacks_.on_entry) callbacks_.on_entry(report_.entries[index]);
}

}  // namespace daaa::run
