#pragma once

#include <functional>
#include <map>
#include <string>

#include "ports/event_bus.hpp"
#include "ports/leases.hpp"
#include "ports/order_book.hpp"

namespace marketday::simulation {

/// Knows, from what the store has answered, which lease has been granted anew: whoever begins a fenced write with an
/// older token after that must be refused.
class LeaseWatch {
public:
    void granted(const ports::Fence& fence) {
        auto& newest = newest_[fence.lease];
        newest = std::max(newest, fence.token);
    }
    bool is_outdated(const ports::Fence& fence) const {
        const auto newest = newest_.find(fence.lease);
        return newest != newest_.end() && fence.token < newest->second;
    }

private:
    std::map<std::string, std::int64_t> newest_;
};

class WatchedLeases final : public ports::Leases {
public:
    WatchedLeases(ports::Leases& inner, LeaseWatch& watch) : inner_(inner), watch_(watch) {}
    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string holder, WallTime now,
                                                milliseconds length) override {
        auto fence = co_await inner_.acquire(std::move(lease), std::move(holder), now, length);
        if (fence && *fence) watch_.granted(**fence);
        co_return std::move(fence);
    }
    Answer<bool> renew(ports::Fence fence, WallTime now, milliseconds length) override {
        return inner_.renew(std::move(fence), now, length);
    }
    Answer<std::monostate> release(ports::Fence fence) override { return inner_.release(std::move(fence)); }

private:
    ports::Leases& inner_;
    LeaseWatch& watch_;
};

/// The bus, with the fences of what is published looked at.
class WatchedBus final : public ports::EventBus {
public:
    using Complain = std::function<void(std::string)>;
    /// `takes_any_fence`: planted.
    WatchedBus(ports::EventBus& inner, LeaseWatch& watch, bool takes_any_fence, std::function<ports::Fence()> newest,
               Complain complain)
        : inner_(inner),
          watch_(watch),
          takes_any_fence_(takes_any_fence),
          newest_(std::move(newest)),
          complain_(std::move(complain)) {}

    Answer<std::monostate> publish(std::vector<Message> messages, ports::Fence fence) override {
        const bool outdated = watch_.is_outdated(fence);
        if (takes_any_fence_) fence = newest_();
        auto published = co_await inner_.publish(std::move(messages), std::move(fence));
        if (published && outdated) complain_("the bus took messages of a relay whose lease was another's by then");
        co_return std::move(published);
    }
    Answer<std::monostate> ensure_group(Group group) override { return inner_.ensure_group(std::move(group)); }
    Answer<std::vector<Delivery>> pull(std::string group, std::size_t messages_max) override {
        return inner_.pull(std::move(group), messages_max);
    }
    Answer<std::monostate> acknowledge(std::string group, std::vector<std::int64_t> positions) override {
        return inner_.acknowledge(std::move(group), std::move(positions));
    }
    Answer<std::monostate> reject(std::string group, std::int64_t position, std::string reason) override {
        return inner_.reject(std::move(group), position, std::move(reason));
    }
    Answer<std::vector<DeadLetter>> dead_letters(std::string group, std::int64_t before_position,
                                                 std::size_t letters_max) override {
        return inner_.dead_letters(std::move(group), before_position, letters_max);
    }
    Answer<bool> revive(std::string group, std::int64_t position) override {
        return inner_.revive(std::move(group), position);
    }
    Answer<std::vector<Waiting>> waiting(std::string group, std::string topic, std::int64_t after_position,
                                         std::size_t messages_max) override {
        return inner_.waiting(std::move(group), std::move(topic), after_position, messages_max);
    }
    Answer<bool> hurry(std::string group, std::int64_t position) override {
        return inner_.hurry(std::move(group), position);
    }
    Answer<std::vector<Backlog>> backlogs() override { return inner_.backlogs(); }
    Answer<std::size_t> purge(WallTime before, std::size_t messages_max, ports::Fence fence) override {
        return inner_.purge(before, messages_max, std::move(fence));
    }

private:
    ports::EventBus& inner_;
    LeaseWatch& watch_;
    bool takes_any_fence_;
    std::function<ports::Fence()> newest_;
    Complain complain_;
};

/// The order book; planted, it tells of units that are gone, and of an empty outbox.
class WatchedOrders final : public ports::OrderBook {
public:
    struct Lies {
        std::int64_t units_more = 0;
        bool outbox_is_empty = false;
    };
    WatchedOrders(ports::OrderBook& inner, Lies lies) : inner_(inner), lies_(lies) {}

    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>& requests) override {
        return inner_.place(requests);
    }
    Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep> steps) override {
        return inner_.advance(std::move(steps));
    }
    Answer<std::optional<domain::Order>> find(OrderId order, ports::Freshness freshness) override {
        return inner_.find(order, freshness);
    }
    Answer<std::vector<domain::Order>> list(OrderQuery query) override { return inner_.list(query); }
    Answer<std::vector<OrderId>> overdue(WallTime now, std::size_t orders_max) override {
        return inner_.overdue(now, orders_max);
    }
    Answer<std::vector<domain::Order>> paying_since(WallTime before, std::size_t orders_max) override {
        return inner_.paying_since(before, orders_max);
    }
    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange change) override {
        return inner_.change_stock(std::move(change));
    }
    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus,
                                                                 ports::Freshness freshness) override {
        auto levels = co_await inner_.stock(std::move(skus), freshness);
        if (levels)
            for (auto& level : *levels)
                if (level) level->available += lies_.units_more;
        co_return std::move(levels);
    }
    Answer<std::vector<Offer>> set_offers(std::vector<Offer> offers) override {
        return inner_.set_offers(std::move(offers));
    }
    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode> skus) override {
        return inner_.offers(std::move(skus));
    }
    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale sale) override {
        return inner_.create_sale(std::move(sale));
    }
    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId sale, domain::SaleState state,
                                                             WallTime at) override {
        return inner_.set_sale_state(sale, state, at);
    }
    Answer<std::optional<domain::Sale>> find_sale(SaleId sale, ports::Freshness freshness) override {
        auto found = co_await inner_.find_sale(sale, freshness);
        if (found && *found)
            for (auto& item : (**found).items) item.taken -= lies_.units_more;
        co_return std::move(found);
    }
    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override { return inner_.sales(closed_max); }
    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t sequence, std::size_t entries_max) override {
        return inner_.ledger_after(sequence, entries_max);
    }
    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId order) override { return inner_.ledger_of(order); }
    Answer<std::vector<OutboxMessage>> outbox(std::int64_t after_position, std::size_t messages_max) override {
        if (lies_.outbox_is_empty) co_return std::vector<OutboxMessage>{};
        auto messages = co_await inner_.outbox(after_position, messages_max);
        co_return std::move(messages);
    }
    Answer<std::monostate> outbox_sent(std::int64_t up_to_position) override {
        return inner_.outbox_sent(up_to_position);
    }
    Answer<std::size_t> forget_outbox(WallTime before, std::size_t messages_max) override {
        return inner_.forget_outbox(before, messages_max);
    }
    Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place,
                                      std::size_t records_max) override {
        return inner_.forget_keys(before, std::move(place), records_max);
    }

private:
    ports::OrderBook& inner_;
    Lies lies_;
};

}  // namespace marketday::simulation
