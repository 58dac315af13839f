#pragma once

#include <cstdlib>
#include <deque>
#include <map>
#include <vector>

#include "base/async/wait.hpp"
#include "base/random.hpp"
#include "ports/order_book.hpp"

namespace marketday::simulation {

/// The stock and the orders of one sale of one SKU, as far as a line looks at them. The rest of the port is not asked.
struct SaleRows {
    domain::Sale sale;
    domain::StockLevel stock;
    std::vector<domain::Order> orders;  // oldest first
};

class SimulatedSale final : public ports::OrderBook {
public:
    SimulatedSale(SaleRows& rows, Random& random, unsigned unavailable_percent)
        : rows_(rows), random_(random), unavailable_percent_(unavailable_percent) {}

    Answer<std::optional<domain::Sale>> find_sale(SaleId sale, ports::Freshness) override {
        const bool failing = co_await fails();
        if (failing) co_return fail(Error::unavailable);
        if (sale != rows_.sale.id) co_return std::optional<domain::Sale>{};
        co_return rows_.sale;
    }
    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override {
        const bool failing = co_await fails();
        if (failing) co_return fail(Error::unavailable);
        std::vector<domain::Sale> all;
        if (rows_.sale.state != domain::SaleState::closed || closed_max > 0) all.push_back(rows_.sale);
        co_return all;
    }
    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus,
                                                                 ports::Freshness) override {
        const bool failing = co_await fails();
        if (failing) co_return fail(Error::unavailable);
        // Seen now, told later: what happens in between the asker must allow for.
        std::vector<std::optional<domain::StockLevel>> levels(skus.size(), rows_.stock);
        co_await sleep_for(milliseconds{static_cast<std::int64_t>(random_.below(20))});
        co_return levels;
    }
    Answer<std::vector<domain::Order>> list(OrderQuery query) override {
        const bool failing = co_await fails();
        if (failing) co_return fail(Error::unavailable);
        std::vector<domain::Order> newest_first;
        for (auto at = rows_.orders.rbegin(); at != rows_.orders.rend(); ++at) {
            if (query.before && !(at->id < *query.before)) continue;
            if (newest_first.size() == query.orders_max) break;
            newest_first.push_back(*at);
        }
        co_return newest_first;
    }

    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>&) override { std::abort(); }
    Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep>) override { std::abort(); }
    Answer<std::optional<domain::Order>> find(OrderId, ports::Freshness) override { std::abort(); }
    Answer<std::vector<OrderId>> overdue(WallTime, std::size_t) override { std::abort(); }
    Answer<std::vector<domain::Order>> paying_since(WallTime, std::size_t) override { std::abort(); }
    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange) override { std::abort(); }
    Answer<std::vector<Offer>> set_offers(std::vector<Offer>) override { std::abort(); }
    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode>) override { std::abort(); }
    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale) override { std::abort(); }
    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId, domain::SaleState, WallTime) override {
        std::abort();
    }
    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t, std::size_t) override { std::abort(); }
    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId) override { std::abort(); }
    Answer<std::vector<OutboxMessage>> outbox(std::int64_t, std::size_t) override { std::abort(); }
    Answer<std::monostate> outbox_sent(std::int64_t) override { std::abort(); }
    Answer<std::size_t> forget_outbox(WallTime, std::size_t) override { std::abort(); }
    Answer<KeysForgotten> forget_keys(WallTime, std::optional<std::string>, std::size_t) override { std::abort(); }

private:
    Task<bool> fails() {
        const bool failing = random_.below(100) < unavailable_percent_;
        co_await sleep_for(milliseconds{static_cast<std::int64_t>(random_.below(5))});
        co_return failing;
    }

    SaleRows& rows_;
    Random& random_;
    unsigned unavailable_percent_;
};

}  // namespace marketday::simulation
