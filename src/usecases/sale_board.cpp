#include "usecases/sale_board.hpp"

#include <algorithm>

namespace marketday::usecases {

namespace {
constexpr std::size_t kClosedShown = 20;
}

Task<void> SaleBoard::run(milliseconds every) {
    Executor& executor = co_await this_executor();
    while (!stopped_.is_set()) {
        co_await refresh();
        const Instant next = executor.now() + until_next_look(every);
        co_await stopped_.wait(next);
    }
}

Task<bool> SaleBoard::refresh() {
    // The clock goes on without the store, however long that takes.
    look_at_clock();
    auto sales = co_await order_book_.sales(kClosedShown);
    if (!sales) co_return false;
    std::map<SaleId, domain::Sale> seen;
    for (auto& sale : *sales) {
        const SaleId id = sale.id;
        seen.emplace(id, std::move(sale));
    }
    if (seen != sales_) {
        sales_ = std::move(seen);
        ++version_;
    }
    look_at_clock();
    co_return true;
}

void SaleBoard::look_at_clock() {
    const WallTime now = clock_.wall_now();
    std::map<SaleId, domain::SaleState> states;
    for (const auto& [id, sale] : sales_) states.emplace(id, sale.state_at(now));
    if (states == states_) return;
    states_ = std::move(states);
    ++version_;
}

milliseconds SaleBoard::until_next_look(milliseconds every) const {
    const WallTime now = clock_.wall_now();
    WallTime next = now + every;
    for (const auto& [id, sale] : sales_) {
        if (sale.opens_at > now) next = std::min(next, sale.opens_at);
        if (sale.closes_at && *sale.closes_at > now) next = std::min(next, *sale.closes_at);
    }
    return std::chrono::ceil<milliseconds>(next - now);
}

const domain::Sale* SaleBoard::find(SaleId sale) const {
    const auto found = sales_.find(sale);
    return found == sales_.end() ? nullptr : &found->second;
}

std::vector<const domain::Sale*> SaleBoard::all() const {
    std::vector<const domain::Sale*> sales;
    for (const auto& [id, sale] : sales_) sales.push_back(&sale);
    std::ranges::sort(sales, [](const domain::Sale* a, const domain::Sale* b) {
        const bool a_closed = a->state == domain::SaleState::closed;
        const bool b_closed = b->state == domain::SaleState::closed;
        return a_closed != b_closed ? b_closed : a->opens_at < b->opens_at;
    });
    return sales;
}

}  // namespace marketday::usecases
