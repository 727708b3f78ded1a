// batch/v1 Job.
#include "codec/decode.hpp"

namespace daaa::codec {

model::Job read_job(const Value& object) {
  const Value& spec = member(object, "spec");
  const Value& status = member(object, "status");
  model::Job job;
  job.meta = read_meta(object);
  job.suspend = flag(spec, "suspend");
  job.backoff_limit = integer(spec, "backoffLimit").value_or(job.backoff_limit);
  job.active_deadline_seconds = integer(spec, "activeDeadlineSeconds");
  job.conditions = read_conditions(status);
  job.active = integer(status, "active").value_or(0);
  job.succeeded = integer(status, "succeeded").value_or(0);
  job.failed = integer(status, "failed").value_or(0);
  job.start_time = text(status, "startTime");
  job.completion_time = text(status, "completionTime");
  return job;
}

}  // namespace daaa::codec
