#pragma once

#include <filesystem>
#include <vector>

#include "base/async/blocking.hpp"
#include "http/message.hpp"

namespace marketday::http {

/// The operators' audit of the running shop: `database` is the site's file, read beside its writer. `pool` runs it,
/// since it blocks for as long as the ledger is long.
std::vector<Route> audit_routes(BlockingPool& pool, std::filesystem::path database);

}  // namespace marketday::http
