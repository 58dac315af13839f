#pragma once

#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/order.hpp"
#include "domain/stock.hpp"

namespace marketday::ports {

/// What an order did to the stock: its entries of the ledger. Held to by tests/integration/console_test.py. Reads are
/// strict. Tasks resume on their caller's executor.
class OrderTrail {
public:
    enum class Error {
        unavailable,  // Nothing is known; retrying is safe.
    };
    struct Entry {
        domain::Receipt receipt;  // sequence and hash
        WallTime at{};
        domain::Movement movement{};
        std::string sku;
        std::int64_t units = 0;
    };

    virtual ~OrderTrail() = default;

    /// In the ledger's order: a reservation of each line, then what became of it. Empty for an order nobody knows.
    virtual Task<Result<std::vector<Entry>, Error>> entries_of(OrderId order) = 0;
};

}  // namespace marketday::ports
