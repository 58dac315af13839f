// The line while everything else is on its knees: what one poll costs, what a ticket weighs, how soon a restarted
// server has its places back. Polls and memory on the simulated scheduler, the restart on SQLite.

#include <benchmark/benchmark.h>

#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_line_book.hpp"
#include "base/async/sim_executor.hpp"
#include "base/log.hpp"
#include "http/routes_line.hpp"
#include "tests/simulation/simulated_line_book.hpp"
#include "tests/simulation/simulated_sale.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday {
namespace {

using usecases::StandInLine;

struct NoPressure final : usecases::CheckoutPressure {
    domain::Pressure pressure(SaleId) const override { return {}; }
};

/// A sale that has opened, with `people` in its line and almost nothing left to sell.
class CrowdedLine {
public:
    explicit CrowdedLine(std::size_t people) {
        log::set_level(log::Level::warn);
        sale_.sale.id = SaleId{Uuid{{1, 2, 3}}};
        sale_.sale.opens_at = executor_.wall_now() + seconds{60};
        sale_.sale.items = {{.sku = "hot", .units = 10, .price = {}, .limit_per_customer = 1, .taken = 0}};
        sale_.stock = {.received = 10, .available = 10};
        spawn(executor_, "line", line_.run());
        executor_.run_for(seconds{2});
        for (std::size_t i = 0; i < people; ++i) {
            CustomerId customer;
            random_.fill(customer.uuid.bytes);
            spawn(executor_, "join", join(*this, customer));
            if (i % 1000 == 999) executor_.run_for(milliseconds{30});
        }
        executor_.run_for(seconds{90});
        bytes_per_ticket_ =
            static_cast<double>(line_.figures().front().second.memory_bytes) / static_cast<double>(people);
    }
    ~CrowdedLine() { executor_.stop(); }

    StandInLine& line() { return line_; }
    SaleId sale() const { return sale_.sale.id; }
    const std::vector<std::string>& tickets() const { return tickets_; }
    double bytes_per_ticket() const { return bytes_per_ticket_; }

private:
    static StandInLine::Options options() {
        StandInLine::Options options;
        options.address_limits = {.joins_burst = 1e9, .joins_per_s = 1e9};
        return options;
    }
    static Task<void> join(CrowdedLine& self, CustomerId customer) {
        const Instant deadline = self.executor_.now() + seconds{60};
        const StandInLine::ClientBytes client{};
        const auto standing = co_await self.line_.join(self.sale_.sale.id, customer, client, deadline);
        if (standing) self.tickets_.push_back(standing->ticket);
    }

    SimExecutor executor_{1};
    SeededRandom random_{1};
    simulation::LineRows rows_;
    simulation::SaleRows sale_;
    simulation::SimulatedLineBook book_{rows_, random_, {}};
    simulation::SimulatedLeases leases_{rows_};
    simulation::SimulatedSale orders_{sale_, random_, 0};
    NoPressure pressure_;
    StandInLine line_{book_, orders_, leases_, pressure_, executor_, random_, options()};
    std::vector<std::string> tickets_;
    double bytes_per_ticket_ = 0;
};

/// One poll: verify the ticket, find the place, work out the answer. With everything else at rest.
void poll(benchmark::State& state) {
    CrowdedLine crowd{static_cast<std::size_t>(state.range(0))};
    std::size_t at = 0;
    for (auto _ : state) {
        at = (at + 7919) % crowd.tickets().size();
        benchmark::DoNotOptimize(crowd.line().poll_now(crowd.sale(), crowd.tickets()[at]));
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes_per_ticket"] = crowd.bytes_per_ticket();
}
BENCHMARK(poll)->Arg(20'000)->Unit(benchmark::kMicrosecond);

/// The same through the route, with the body rendered.
void poll_route(benchmark::State& state) {
    CrowdedLine crowd{20'000};
    const auto routes = http::line_routes(crowd.line());
    const auto& route = routes[1];
    http::Request request;
    request.params[0] = crowd.sale().to_string();
    std::size_t at = 0;
    for (auto _ : state) {
        at = (at + 7919) % crowd.tickets().size();
        request.headers.assign(1, {"X-Ticket", crowd.tickets()[at]});
        benchmark::DoNotOptimize(route.handle_now(request));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(poll_route)->Unit(benchmark::kMicrosecond);

/// A draw of n tickets, as it happens at the opening.
void draw_order(benchmark::State& state) {
    const auto entries = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        const domain::Permutation permutation{Hash256{1, 2, 3}, entries};
        std::uint32_t sum = 0;
        for (std::uint32_t index = 0; index < entries; ++index) sum += permutation.place_of(index);
        benchmark::DoNotOptimize(sum);
    }
}
BENCHMARK(draw_order)->Arg(20'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

Task<bool> bring_back(ports::LineBook& book, ports::Leases& leases, simulation::SaleRows& sale, double& seconds_taken) {
    SystemClock clock;
    SystemRandom random;
    SeededRandom seeded{1};
    NoPressure pressure;
    simulation::SimulatedSale orders{sale, seeded, 0};
    Executor& executor = co_await this_executor();
    const StandInLine::Options options;
    StandInLine line{book, orders, leases, pressure, clock, random, options};
    const auto begun = clock.now();
    spawn(executor, "line", line.run());
    while (line.figures().empty()) co_await sleep_for(milliseconds{1});
    seconds_taken = std::chrono::duration<double>(clock.now() - begun).count();
    line.stop();
    co_await sleep_for(seconds{1});
    co_return true;
}

/// From the start of a server to its line's places being back, out of a SQLite file.
void restart(benchmark::State& state) {
    log::set_level(log::Level::warn);
    TemporaryDirectory directory;
    adapters::SqliteDatabase database{{.file = directory.path() / "marketday.db", .at_start = {}}};
    adapters::SqliteLineBook book{database};
    adapters::SqliteLeases leases{database};
    SeededRandom random{1};
    simulation::SaleRows sale;
    sale.sale.id = SaleId{Uuid{{1, 2, 3}}};
    sale.sale.state = domain::SaleState::paused;
    ports::LineBook::Founding founding{
        .sale = sale.sale.id, .opened = {}, .ticket_key = {}, .draw_secret = {}, .public_value = "x"};
    (void)run_task(book.found(founding));
    for (std::int64_t people = 0; people < state.range(0); people += 1000) {
        std::vector<ports::LineBook::Join> joins(1000);
        for (auto& join : joins) random.fill(join.customer.uuid.bytes);
        (void)run_task(book.join(sale.sale.id, std::move(joins)));
    }
    const auto fence = run_task(leases.acquire("lines", "bench", {}, seconds{1})).value().value();
    const auto change = run_task(book.follow(sale.sale.id, {})).value()->change;
    (void)run_task(book.close_list(sale.sale.id,
                                   {.at = {}, .entries = state.range(0), .list_end = state.range(0) + 1, .root = {}},
                                   change, fence));
    for (auto _ : state) {
        double taken = 0;
        (void)run_task(bring_back(book, leases, sale, taken));
        state.SetIterationTime(taken);
    }
}
BENCHMARK(restart)->Arg(20'000)->Arg(200'000)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace marketday

BENCHMARK_MAIN();
