#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/fulfil.hpp"
#include "usecases/pay.hpp"

namespace marketday::http {

/// What a shopper does with an order of one's own: pay, cancel, return. All belong to the shop's executor.
std::vector<Route> payment_routes(usecases::Pay& pay, usecases::Fulfil& fulfil);

/// The answer to a refusal that operators' and shoppers' routes share.
Response fulfil_refused(usecases::Fulfil::Refusal refusal);

}  // namespace marketday::http
