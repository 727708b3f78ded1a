// All of libdaaa: run analytics work as Kubernetes Jobs on data that DAAA has staged.
// Each header is a contract of its own; begin with daaa/run.hpp.
#pragma once

#include "daaa/cancel.hpp"
#include "daaa/client.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/diagnostics.hpp"
#include "daaa/json.hpp"
#include "daaa/result.hpp"
#include "daaa/run.hpp"
#include "daaa/secret.hpp"
#include "daaa/transport.hpp"
#include "daaa/values.hpp"
#include "daaa/version.hpp"
#include "daaa/workload.hpp"
