#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/statistics.hpp"

namespace marketday::http {

/// Operators: the business figures, and their comparison with a recount.
std::vector<Route> statistics_routes(ports::Statistics& statistics, usecases::StatisticsUpkeep& upkeep,
                                     const Clock& clock, usecases::ShopCalendar calendar);

}  // namespace marketday::http
