#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/customers.hpp"
#include "usecases/operators.hpp"

namespace marketday::http {

/// Operators: customers, by id or whole e-mail address. Addresses are masked in lists, and for viewers everywhere.
std::vector<Route> customers_routes(usecases::Customers& customers, usecases::Operators& operators);

}  // namespace marketday::http
