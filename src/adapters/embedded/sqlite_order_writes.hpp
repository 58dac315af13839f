#pragma once

#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/embedded/sqlite_customer_memory.hpp"
#include "adapters/stored/shop_terms.hpp"
#include "domain/lifecycle.hpp"
#include "domain/order.hpp"

namespace marketday::adapters {

/// Places a batch within the caller's write. When the write is undone, the caller tells `memory` to forget. `batch`
/// names its outbox message.
std::vector<domain::Verdict> write_orders(SqliteConnection& connection, CustomerMemory& memory, const ShopTerms& terms,
                                          const Uuid& batch, const std::vector<domain::OrderRequest>& requests);

/// Takes a batch of steps within the caller's write.
std::vector<domain::StepVerdict> write_steps(SqliteConnection& connection, CustomerMemory& memory, const Uuid& batch,
                                             const std::vector<domain::OrderStep>& steps);

}  // namespace marketday::adapters
