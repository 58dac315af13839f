// What this machine can do: the figures of its own work, and a trial of the store on its disk.

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <ctime>
#include <stdexcept>

#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "cli/wiring_capacity.hpp"
#include "cli/wiring_parts.hpp"
#include "cli/wiring_settings.hpp"

namespace marketday::cli {
namespace {

constexpr std::size_t kTrialBatches = 20;
constexpr std::size_t kTrialBatch = 500;
constexpr const char* kTrialSku = "trial";

/// A store of its own beside the shop's, so that it is on the same disk; gone at the end.
class TrialStore {
public:
    explicit TrialStore(const std::filesystem::path& data)
        : directory_(data / fmt::format(".trial-{}", ::getpid())), making_(directory_), database_(options()) {}

    ports::OrderBook& book() { return *book_; }
    domain::OrderRequest order(std::size_t number) {
        domain::OrderRequest request;
        request.order = OrderId{uuids_.next(0)};
        request.customer = CustomerId{uuids_.next(static_cast<Bucket>(number % kBucketCount))};
        request.key = std::to_string(number);
        request.currency = terms_.currency;
        request.lines.push_back({kTrialSku, 1, 1000, 0});
        request.address = {"Somebody", "Some street 1", "", "Some city", "00000", "KR", ""};
        request.placed_at = clock_.wall_now();
        request.hold_until = request.placed_at + seconds{300};
        return request;
    }
    Money price() const { return {1000, terms_.currency}; }

private:
    struct Making {
        std::filesystem::path path;
        explicit Making(std::filesystem::path made) : path(std::move(made)) {
            std::filesystem::remove_all(path);
            std::filesystem::create_directory(path);
        }
        ~Making() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        Making(const Making&) = delete;
        Making& operator=(const Making&) = delete;
    };
    SqliteDatabase::Options options() const {
        SqliteDatabase::Options options;
        options.file = directory_ / "trial.db";
        options.readers = 1;
        options.cache_kib = 8 * 1024;
        options.at_start = begin_ledger_epoch;
        return options;
    }

    std::filesystem::path directory_;
    Making making_;  // before the database: it is removed after it
    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    ShopTerms terms_{*Currency::parse("KRW"), {}};
    SqliteDatabase database_;
    std::unique_ptr<ports::OrderBook> book_ = make_sqlite_order_book(database_, terms_, clock_, uuids_);
};

using Steady = std::chrono::steady_clock;

Task<std::chrono::nanoseconds> place(TrialStore& store, std::size_t first, std::size_t orders) {
    std::vector<domain::OrderRequest> batch;
    for (std::size_t i = 0; i < orders; ++i) batch.push_back(store.order(first + i));
    const auto begun = Steady::now();
    const auto verdicts = co_await store.book().place(batch);
    if (!verdicts || !verdicts->front().granted()) throw std::runtime_error("the trial store refused an order");
    co_return Steady::now() - begun;
}

Task<void> run_trial(TrialStore& store, Capacity::Trial& trial, bool& done) {
    std::vector<ports::OrderBook::Offer> offers{{kTrialSku, store.price(), false, 0, 0}};
    const auto offered = co_await store.book().set_offers(std::move(offers));
    ports::OrderBook::StockChange change{kTrialSku, domain::Movement::receive, 1'000'000, "trial"};
    const auto stocked = co_await store.book().change_stock(std::move(change));
    if (!offered || !stocked || !*stocked) throw std::runtime_error("the trial store refused its goods");
    std::chrono::nanoseconds small{0};
    for (std::size_t i = 0; i < 5; ++i) small += co_await place(store, 1'000'000 + i, 1);
    std::chrono::nanoseconds took{0};
    for (std::size_t i = 0; i < kTrialBatches; ++i) took += co_await place(store, i * kTrialBatch, kTrialBatch);
    trial.commit = std::chrono::ceil<milliseconds>(small / 5);
    trial.orders_per_s = static_cast<double>(kTrialBatches * kTrialBatch) / std::chrono::duration<double>(took).count();
    done = true;
}

Task<void> run_and_stop(TrialStore& store, Capacity::Trial& trial, bool& done, boost::asio::io_context& io) {
    try {
        co_await run_trial(store, trial, done);
    } catch (...) {
        io.stop();
        throw;
    }
    io.stop();
}

}  // namespace

Capacity::Trial try_store(const std::filesystem::path& data) {
    TrialStore store(data);
    Capacity::Trial trial;
    bool done = false;
    boost::asio::io_context io{1};
    const auto work = boost::asio::make_work_guard(io);
    AsioExecutor executor{io};
    spawn(executor, "capacity.trial", run_and_stop(store, trial, done, io));
    io.run();
    if (!done) throw std::runtime_error("the trial store did not answer");
    return trial;
}

Capacity::Done Shop::Parts::done_so_far() {
    Capacity::Done done;
    for (const auto& answers : shop_server->figures().answers_by_class) done.requests += answers.load();
    timespec cpu{};
    if (::clock_gettime(shop_thread_clock, &cpu) == 0)
        done.shop_cpu = seconds{cpu.tv_sec} + std::chrono::nanoseconds{cpu.tv_nsec};
    const std::scoped_lock lock(shop_samples_mutex);
    for (const auto& sample : shop_samples) {
        if (sample.name == "marketday_lane_orders_total") done.orders += static_cast<std::uint64_t>(sample.value);
        if (sample.name == "marketday_lane_batches_total")
            done.order_batches += static_cast<std::uint64_t>(sample.value);
        if (sample.name == "marketday_lane_commit_seconds_total")
            done.order_time += std::chrono::nanoseconds{static_cast<std::int64_t>(sample.value * 1e9)};
    }
    return done;
}

clockid_t clock_of_this_thread() {
    clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
    ::pthread_getcpuclockid(::pthread_self(), &clock);
    return clock;
}

}  // namespace marketday::cli
