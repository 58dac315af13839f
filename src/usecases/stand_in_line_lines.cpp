// Which lines are in memory: brought back after a start, found when asked for, forgotten when long over; and what is
// left to sell in each.

#include <algorithm>

#include "base/log.hpp"
#include "base/memory_reserve.hpp"
#include "usecases/stand_in_line.hpp"
#include "usecases/stand_in_line_sale.hpp"

namespace marketday::usecases {
namespace {

constexpr seconds kDiscoverEvery{1};
constexpr seconds kStockIdleEvery{1};
constexpr std::size_t kOrdersRead = 1'000;

using ports::LineBook;

}  // namespace

/// A line that is being brought into memory, and whoever waits for it.
struct StandInLine::Loading {
    Event done;
    std::optional<Error> failure;
};

Task<void> StandInLine::run() {
    Executor& executor = co_await this_executor();
    ++tasks_;
    spawn(executor, "line.lead", lead());
    while (!stopping_) {
        discover_now_ = false;
        co_await discover();
        forget_old_lines();
        if (stopping_ || discover_now_) continue;
        wake_.reset();
        const Instant until = clock_.now() + kDiscoverEvery;
        co_await wake_.wait(until);
    }
    // A task that is in the middle of a write ends with it.
    while (tasks_ > 0) {
        wake_.reset();
        co_await wake_.wait();
    }
}

void StandInLine::stop() {
    stopping_ = true;
    wake_.set();
    lead_wake_.set();
    for (const auto& [sale, line] : lines_) line->wake.set();
}

void StandInLine::sale_changed(SaleId sale) {
    discover_now_ = true;
    wake_.set();
    if (LineOfSale* line = in_memory(sale)) line->wake.set();
}

Task<void> StandInLine::discover() {
    const auto sales = co_await orders_.sales(0);
    if (!sales) co_return;
    for (const domain::Sale& sale : *sales) {
        if (LineOfSale* line = in_memory(sale.id)) {
            line->sale = sale;
            line->rate.set_max(static_cast<double>(sale.line.admissions_per_s_max));
            continue;
        }
        if (sale.line.enabled && !stopping_) {
            const SaleId id = sale.id;
            const Instant whenever = Instant::max();
            const auto ready = co_await line_of(id, whenever);
            if (!ready && ready.error() == Error::unavailable)
                log::warn("line.load_failed", {{"sale", sale.id.to_string()}});
        }
    }
}

Task<Result<LineOfSale*, StandInLine::Error>> StandInLine::line_of(SaleId sale, Instant deadline) {
    if (LineOfSale* line = in_memory(sale)) co_return line;
    if (stopping_) co_return fail(Error::unavailable);
    Executor& executor = co_await this_executor();
    if (!loading_.contains(sale)) {
        const MustSucceed scope;  // Once it is noted as loading, nobody else begins to load it.
        loading_[sale] = std::make_shared<Loading>();
        ++tasks_;
        spawn(executor, "line.load", load_and_start(sale));
    }
    const std::shared_ptr<Loading> loading = loading_[sale];
    const bool in_time = co_await loading->done.wait(deadline);
    if (!in_time) co_return fail(Error::unavailable);
    if (loading->failure) co_return fail(*loading->failure);
    if (LineOfSale* line = in_memory(sale)) co_return line;
    co_return fail(Error::unavailable);
}

Task<void> StandInLine::load_and_start(SaleId sale) {
    auto loaded = co_await load(sale);
    const std::shared_ptr<Loading> loading = std::move(loading_[sale]);
    loading_.erase(sale);
    if (!loaded) {
        loading->failure = loaded.error();
    } else if (stopping_) {
        loading->failure = Error::unavailable;
    } else {
        LineOfSale& line = **loaded;
        lines_[sale] = std::move(*loaded);
        line.tasks += 2;
        tasks_ += 2;
        Executor& executor = co_await this_executor();
        spawn(executor, "line.run", run_line(line));
        spawn(executor, "line.stock", watch_stock(line));
        lead_wake_.set();
    }
    loading->done.set();
    --tasks_;
    wake_.set();
}

Task<Result<std::unique_ptr<LineOfSale>, StandInLine::Error>> StandInLine::load(SaleId sale_id) {
    auto sale = co_await orders_.find_sale(sale_id);
    if (!sale) co_return fail(Error::unavailable);
    if (!*sale || !(*sale)->line.enabled) co_return fail(Error::no_line);

    auto stored = co_await book_.follow(sale_id, LineBook::Seen{});
    if (!stored) co_return fail(Error::unavailable);
    if (!*stored) {
        if ((*sale)->state == domain::SaleState::closed) co_return fail(Error::no_line);
        LineBook::Founding founding{.sale = sale_id,
                                    .opened = clock_.wall_now(),
                                    .ticket_key = {},
                                    .draw_secret = {},
                                    .public_value = "sale " + sale_id.to_string() + " opens at " +
                                                    std::to_string(to_unix_ms((*sale)->opens_at))};
        random_.fill(founding.ticket_key);
        random_.fill(founding.draw_secret);
        auto founded = co_await book_.found(std::move(founding));
        if (!founded) co_return fail(Error::unavailable);
        stored = co_await book_.follow(sale_id, LineBook::Seen{});
        if (!stored || !*stored) co_return fail(Error::unavailable);
    }
    const Instant now = clock_.now();
    const domain::AdmissionRate::Limits limits{.per_s_max = static_cast<double>((*sale)->line.admissions_per_s_max),
                                               .latency_max = options_.latency_max};
    // Together with others calls may be older than this process.
    const Instant origin = alone() ? now : now - std::chrono::hours{24};
    const auto served = alone() ? domain::Line::Served::alone : domain::Line::Served::together;
    auto line = std::make_unique<LineOfSale>((*stored)->founding, std::move(**sale),
                                             domain::Line{options_.patience, origin, served},
                                             domain::AdmissionRate{limits, now});
    const std::int64_t newest = (*stored)->news;
    co_await apply(*line, std::move(**stored));
    if (!alone()) co_await hear_news(*line, newest);
    line->followed_at = now;
    line->follow_at = alone() ? Instant::max() : now;
    line->line.expire(clock_.now(), clock_.wall_now(), heard_until(*line));
    if (line->line.outstanding() > 0) {
        const bool marked = co_await mark_spent(*line);
        if (!marked) co_return fail(Error::unavailable);
    }
    co_return line;
}

/// Whoever was called, and has ordered where this process did not hear of it, takes up no room any more.
Task<bool> StandInLine::mark_spent(LineOfSale& line) {
    ports::OrderBook::OrderQuery query;
    query.sale = line.founding.sale;
    query.orders_max = kOrdersRead;
    // No admission that still runs was given earlier than this.
    const WallTime since = clock_.wall_now() - line.sale.line.admission_valid - seconds{5};
    while (true) {
        const auto orders = co_await orders_.list(query);
        if (!orders) co_return false;
        for (const domain::Order& order : *orders) {
            if (order.placed_at < since) co_return true;
            if (const auto slot = line.line.find(order.customer)) line.line.spend(*slot);
        }
        if (orders->size() < kOrdersRead) co_return true;
        query.before = orders->back().id;
    }
}

/// Sales that are over leave the memory; the newest stay for their draws.
void StandInLine::forget_old_lines() {
    std::vector<LineOfSale*> old;
    for (const auto& [sale, line] : lines_)
        if (over(*line)) old.push_back(line.get());
    if (old.size() <= options_.closed_lines_kept) return;
    std::ranges::sort(old, std::greater{}, [](const LineOfSale* line) { return line->sale.opens_at; });
    for (std::size_t i = options_.closed_lines_kept; i < old.size(); ++i) {
        old[i]->retired = true;
        old[i]->wake.set();
        if (old[i]->tasks == 0) lines_.erase(old[i]->founding.sale);
    }
}

Task<void> StandInLine::watch_stock(LineOfSale& line) {
    while (!stopping_ && !line.retired) {
        if (!over(line) || !line.stock_known) co_await read_stock(line);
        const auto pause = selling(line) ? options_.stock_every : milliseconds{kStockIdleEvery};
        auto wait = pause;
        if (line.sale.state == domain::SaleState::scheduled && !selling(line))
            wait = std::clamp(line.sale.opens_at - clock_.wall_now(), milliseconds{1}, pause);
        // Short sleeps, so that stopping is not held up.
        const Instant until = clock_.now() + wait;
        while (!stopping_ && !line.retired && clock_.now() < until) {
            const Instant next = std::min(until, clock_.now() + milliseconds{200});
            co_await sleep_until(next);
        }
    }
    --line.tasks;
    --tasks_;
    wake_.set();
}

Task<void> StandInLine::read_stock(LineOfSale& line) {
    line.reading_stock = true;
    line.used_while_reading = 0;
    auto sale = co_await orders_.find_sale(line.founding.sale);
    if (!sale || !*sale) {
        line.reading_stock = false;
        co_return;
    }
    std::vector<domain::SkuCode> skus;
    for (const domain::SaleItem& item : (*sale)->items) skus.push_back(item.sku);
    auto levels = co_await orders_.stock(std::move(skus));
    line.reading_stock = false;
    if (!levels) co_return;

    std::int64_t units = 0;
    bool may_come_back = false;
    for (std::size_t i = 0; i < levels->size(); ++i) {
        const auto& level = (*levels)[i];
        if (!level) continue;
        const domain::SaleItem& item = (*sale)->items[i];
        units += std::max<std::int64_t>(0, std::min(level->available, item.units - item.taken));
        if (level->reserved > 0 || level->in_transfer > 0) may_come_back = true;
    }
    const bool was_known = line.stock_known;
    line.sale = std::move(**sale);
    line.rate.set_max(static_cast<double>(line.sale.line.admissions_per_s_max));
    line.units_left = std::max<std::int64_t>(0, units - line.used_while_reading);
    line.sold_out = units == 0 && !may_come_back;
    line.stock_known = true;
    if (!was_known) line.wake.set();
}

}  // namespace marketday::usecases
