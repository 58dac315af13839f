#pragma once

#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "domain/lifecycle.hpp"
#include "domain/order.hpp"
#include "domain/shipping.hpp"

namespace marketday::adapters {

struct ShopTerms {
    Currency currency;
    domain::ShippingPolicy shipping;
};

/// Places a batch within the caller's write. `batch` names its outbox message.
std::vector<domain::Verdict> write_orders(SqliteConnection& connection, const ShopTerms& terms, const Uuid& batch,
                                          const std::vector<domain::OrderRequest>& requests);

/// Takes a batch of steps within the caller's write.
std::vector<domain::StepVerdict> write_steps(SqliteConnection& connection, const Uuid& batch,
                                             const std::vector<domain::OrderStep>& steps);

}  // namespace marketday::adapters
