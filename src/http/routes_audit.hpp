#pragma once

#include <vector>

#include "http/audit_job.hpp"
#include "http/message.hpp"

namespace marketday::http {

/// The operators' audit of the running shop: started, then asked about, since it takes as long as the ledger is long.
/// `job` lives longer.
std::vector<Route> audit_routes(AuditJob& job);

}  // namespace marketday::http
