#pragma once

#include <optional>
#include <vector>

#include "domain/product.hpp"
#include "domain/shipping.hpp"
#include "ports/baskets.hpp"
#include "ports/order_book.hpp"
#include "usecases/browse.hpp"
#include "usecases/jobs_scheduler.hpp"
#include "usecases/sale_board.hpp"

namespace marketday::usecases {

/// What people put together before they order. Nothing is held by it. Belongs to the shop's executor.
class FillBasket {
public:
    enum class Error {
        unavailable,      // Nothing happened.
        outcome_unknown,  // It may have happened; look at the basket.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;
    using Owner = ports::Baskets::Owner;

    struct Terms {
        Currency currency;
        domain::ShippingPolicy shipping;
    };
    FillBasket(ports::Baskets& baskets, Browse& browse, ports::OrderBook& order_book, const SaleBoard& board,
               const Clock& clock, Terms terms)
        : baskets_(baskets), browse_(browse), order_book_(order_book), board_(board), clock_(clock), terms_(terms) {}

    /// Whether a line could be ordered now, as far as one can tell by looking.
    enum class LineState : std::uint8_t {
        on_sale,
        few_left,  // fewer than the line asks for
        all_held,
        sold_out,
        in_sale,       // sold in a sale only
        not_for_sale,  // without a price, hidden, or gone
    };
    struct Line {
        domain::BasketLine wanted;
        std::optional<domain::Product> product;  // none: gone or hidden
        Money unit_price;                        // as it is now; 0 without one
        LineState state = LineState::on_sale;
        std::int64_t available = 0;
        bool counts() const { return state == LineState::on_sale || state == LineState::few_left; }
        bool price_changed() const { return counts() && unit_price.amount_minor != wanted.seen_price_minor; }
        Money total() const { return {unit_price.amount_minor * wanted.quantity, unit_price.currency}; }
    };
    /// A basket as it is shown: with the goods as they are now, and what it would cost.
    struct View {
        std::vector<Line> lines;
        Money goods;  // of the lines that count
        Money shipping;
        Money total;
        std::int64_t units = 0;  // of all lines
        bool can_be_ordered() const;
        bool price_changed() const;
    };
    Answer<View> view(Owner owner);
    /// The same of goods that are in no basket: those of a sale. Prices are the sale's.
    Answer<View> view_of(std::vector<domain::BasketLine> lines, const domain::Sale* sale);

    enum class Refusal : std::uint8_t { unknown_sku, not_for_sale, in_sale, full, bad_quantity };
    Answer<Result<domain::Basket, Refusal>> add(Owner owner, domain::SkuCode sku, std::int64_t quantity);
    /// Sets quantities, 0 takes out; of a product that was not in, its price now is the one that was seen.
    struct Quantity {
        domain::SkuCode sku;
        std::int64_t quantity = 0;
    };
    Answer<Result<domain::Basket, Refusal>> set(Owner owner, std::vector<Quantity> quantities);
    /// The shopper has seen today's prices of what is in.
    Answer<std::monostate> accept_prices(Owner owner);
    /// At log-in: what the visitor had put in joins what the customer has.
    Answer<domain::Basket> merge(Uuid visitor, CustomerId customer);
    Answer<domain::Basket> take_ordered(Owner owner, std::vector<domain::OrderLine> ordered);

private:
    Answer<std::optional<domain::Product>> sellable(domain::SkuCode sku, std::optional<Refusal>& refusal);

    ports::Baskets& baskets_;
    Browse& browse_;
    ports::OrderBook& order_book_;
    const SaleBoard& board_;
    const Clock& clock_;
    Terms terms_;
};

/// Forgets baskets that nobody has touched: those of visitors after 30 days, those of customers after 180.
class ForgetBaskets {
public:
    struct Options {
        std::chrono::hours keep_visitors{30 * 24};
        std::chrono::hours keep_customers{180 * 24};
        std::size_t baskets_a_turn = 500;
    };
    ForgetBaskets(ports::Baskets& baskets, const Clock& clock, Options options)
        : baskets_(baskets), clock_(clock), options_(options) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::Baskets& baskets_;
    const Clock& clock_;
    Options options_;
};

}  // namespace marketday::usecases
