#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/async/wait.hpp"
#include "ports/order_book.hpp"

namespace marketday::usecases {

/// What this process knows of the sales that are not closed, a fraction of a second old: enough to show them and to
/// know whether one has a line. What is granted, the order book decides. Belongs to the shop's executor.
class SaleBoard {
public:
    SaleBoard(ports::OrderBook& order_book, const Clock& clock) : order_book_(order_book), clock_(clock) {}

    /// Reads all sales again, every `every` and when one opens or ends by the clock, until `stop`.
    Task<void> run(milliseconds every);
    void stop() { stopped_.set(); }
    /// Reads all sales now; false when the store did not answer.
    Task<bool> refresh();

    const domain::Sale* find(SaleId sale) const;
    /// Not closed ones first, by opening.
    std::vector<const domain::Sale*> all() const;
    /// A number that rises with every change that was seen, for caches; an opening or an end by the clock is one.
    std::uint64_t version() const { return version_; }

private:
    void look_at_clock();
    milliseconds until_next_look(milliseconds every) const;

    ports::OrderBook& order_book_;
    const Clock& clock_;
    std::map<SaleId, domain::Sale> sales_;
    std::map<SaleId, domain::SaleState> states_;  // of them, when the clock was looked at last
    std::uint64_t version_ = 1;
    Event stopped_;
};

}  // namespace marketday::usecases
