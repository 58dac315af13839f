#pragma once

#include <utility>
#include <vector>

#include "ports/order_book.hpp"

namespace marketday::simulation {

/// An order book that answers nothing; a simulation overrides what it is about.
class SilentOrderBook : public ports::OrderBook {
public:
    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>&) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep>) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::optional<domain::Order>> find(OrderId, ports::Freshness) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<domain::Order>> list(OrderQuery) override { co_return fail(Error::unavailable); }
    Answer<std::vector<OrderId>> overdue(WallTime, std::size_t) override { co_return fail(Error::unavailable); }
    Answer<std::vector<domain::Order>> paying_since(WallTime, std::size_t) override {
        co_return fail(Error::unavailable);
    }
    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode>,
                                                                 ports::Freshness) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<Offer>> set_offers(std::vector<Offer>) override { co_return fail(Error::unavailable); }
    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode>) override {
        co_return fail(Error::unavailable);
    }
    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale) override { co_return fail(Error::unavailable); }
    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId, domain::SaleState, WallTime) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::optional<domain::Sale>> find_sale(SaleId, ports::Freshness) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<domain::Sale>> sales(std::size_t) override { co_return fail(Error::unavailable); }
    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t, std::size_t) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId) override { co_return fail(Error::unavailable); }
    Answer<std::vector<OutboxMessage>> outbox(std::int64_t, std::size_t) override {
        co_return fail(Error::unavailable);
    }
    Answer<std::monostate> outbox_sent(std::int64_t) override { co_return fail(Error::unavailable); }
    Answer<std::size_t> forget_outbox(WallTime, std::size_t) override { co_return fail(Error::unavailable); }
    Answer<KeysForgotten> forget_keys(WallTime, std::optional<std::string>, std::size_t) override {
        co_return fail(Error::unavailable);
    }
};

}  // namespace marketday::simulation
