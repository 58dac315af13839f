#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "ports/catalogue.hpp"
#include "ports/order_book.hpp"

namespace marketday::usecases {

/// Looking at the goods, as a shopper: hidden products do not exist.
class Browse {
public:
    enum class Error { unavailable };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    Browse(ports::Catalogue& catalogue, ports::OrderBook& order_book)
        : catalogue_(catalogue), order_book_(order_book) {}

    Answer<std::optional<domain::Product>> product(domain::SkuCode sku);
    /// In the order asked; those hidden or unknown are left out. For search results and rankings. At most 100.
    Answer<std::vector<domain::Product>> products(std::vector<domain::SkuCode> skus);
    /// Nothing for a product that is hidden or unknown; zero everywhere for one without stock.
    Answer<std::optional<domain::StockLevel>> stock(domain::SkuCode sku);
    /// By path.
    Answer<std::vector<domain::Category>> categories();
    struct Changed {
        domain::SkuCode sku;
        WallTime changed_at{};
    };
    /// The products whose newest change has a number after `after`, up to `up_to`; at most 10,000 numbers apart.
    Answer<std::vector<Changed>> changed(std::int64_t after, std::int64_t up_to);

private:
    ports::Catalogue& catalogue_;
    ports::OrderBook& order_book_;
};

}  // namespace marketday::usecases
