#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "crowd/plan.hpp"

namespace marketday::crowd {

/// Everything that happens before the clock runs: reads the sale and its prices, makes the accounts and their sessions,
/// draws who comes when. `say` is told what is being done, a line each.
Result<Plan, Trouble> prepare(const Options& options, const std::function<void(const std::string&)>& say);

/// The sale as the shop shows it now. `id`: as Options::sale.
Result<SaleView, Trouble> read_sale(PlainClient& shop, const std::string& id, std::int64_t unix_minus_monotonic_us);

/// Microseconds to add to monotonic time for Unix time.
std::int64_t unix_minus_monotonic_us();

}  // namespace marketday::crowd
