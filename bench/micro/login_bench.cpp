// Log-ins by password, with everything but HTTP: throttle, look-up, argon2id at OWASP's minimum, a durable session. Its
// physical limit is the hash alone, measured beside it in the same run; a session's later requests cost one cache hit.

#include <benchmark/benchmark.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "adapters/embedded/sqlite_accounts.hpp"
#include "adapters/embedded/sqlite_sessions.hpp"
#include "base/async/asio_executor.hpp"
#include "tests/support/sqlite_store.hpp"
#include "usecases/sessions.hpp"

namespace marketday {
namespace {

constexpr std::size_t kAccounts = 64;
constexpr std::string_view kPassword = "correct horse battery staple";

std::size_t hashing_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

/// A site with `kAccounts` customers of one password.
class Site {
public:
    Site() {
        const std::string hash = domain::hash_password(kPassword, domain::PasswordSalt{1}, domain::PasswordCost{});
        std::vector<ports::Accounts::NewAccount> added;
        for (std::size_t i = 0; i < kAccounts; ++i) {
            added.push_back({.id = CustomerId{uuids_.next(static_cast<Bucket>(i))},
                             .email = *domain::EmailAddress::parse(address(i)),
                             .password_hash = hash,
                             .locale = domain::Locale::en,
                             .created_at = clock_.wall_now()});
        }
        std::size_t count = 0;
        spawn(executor_, "prepare", prepare(*this, std::move(added), count));
        run_until(count, 1);
    }

    /// All `log_ins` at one time; the hashing pool decides how many run.
    void log_in(std::size_t log_ins) {
        std::size_t done = 0;
        for (std::size_t i = 0; i < log_ins; ++i)
            spawn(executor_, "log_in", one_log_in(*this, address(i % kAccounts), done));
        run_until(done, log_ins);
    }

private:
    static std::string address(std::size_t number) { return "shopper-" + std::to_string(number) + "@example.com"; }

    static Task<void> prepare(Site& site, std::vector<ports::Accounts::NewAccount> added, std::size_t& done) {
        const auto result = co_await site.accounts_.add_verified(std::move(added));
        MD_ASSERT(result && *result == kAccounts);
        ++done;
    }
    static Task<void> one_log_in(Site& site, std::string email, std::size_t& done) {
        usecases::Sessions::LogIn request{.email = std::move(email), .password = std::string{kPassword}, .client = "c"};
        const auto opened = co_await site.sessions_.log_in(std::move(request));
        MD_ASSERT(opened.has_value());
        ++done;
    }
    void run_until(const std::size_t& done, std::size_t wanted) {
        while (done < wanted) io_.run_one();
    }

    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    TemporaryStore store_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
    AsioExecutor executor_{io_};
    ThreadPool pool_{{.name = "hash", .threads = hashing_threads(), .waiting_max = 1024}};
    adapters::SqliteAccounts accounts_{store_.database()};
    adapters::SqliteSessions session_rows_{store_.database()};
    usecases::SessionCache cache_{session_rows_, clock_, {}};
    usecases::Passwords passwords_{pool_, random_, {}};
    usecases::Sessions sessions_{
        accounts_,
        session_rows_,
        cache_,
        passwords_,
        clock_,
        random_,
        {.attempts = {.at_name_from_client = kUnlimited, .at_name = kUnlimited, .from_client = kUnlimited}}};
    static constexpr usecases::Throttle::Options kUnlimited{.burst = 1e6, .per_s = 1e6, .keys_max = 1024};
};

void log_in(benchmark::State& state) {
    Site site;
    for (auto _ : state) site.log_in(kAccounts);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAccounts));
}
BENCHMARK(log_in)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(2)->Repetitions(5);

void argon2id_alone(benchmark::State& state) {
    const std::string hash = domain::hash_password(kPassword, domain::PasswordSalt{1}, domain::PasswordCost{});
    for (auto _ : state) benchmark::DoNotOptimize(domain::password_matches(kPassword, hash));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(argon2id_alone)->UseRealTime()->Unit(benchmark::kMillisecond)->Threads(static_cast<int>(hashing_threads()));

/// What a request of a known session costs: 20,000 sessions, asked for in no order.
void session_cache_hit(benchmark::State& state) {
    SystemClock clock;
    SeededRandom random{1};
    UuidSource uuids{clock, random};
    TemporaryStore store;
    adapters::SqliteSessions rows{store.database()};
    usecases::SessionCache cache{rows, clock, {}};
    std::vector<std::string> tokens;
    const WallTime now = clock.wall_now();
    for (std::size_t i = 0; i < 20'000; ++i) {
        const auto bucket = static_cast<Bucket>(random.below(kBucketCount));
        tokens.push_back(usecases::make_token(random, bucket).text);
        cache.keep(tokens.back(), {.customer = CustomerId{uuids.next(bucket)},
                                   .verified = true,
                                   .created_at = now,
                                   .expires_at = cache.expiry(now, now)});
    }
    std::size_t at = 0;
    for (auto _ : state) {
        at = (at * 5 + 7919) % tokens.size();
        const usecases::Session* session = cache.cached(tokens[at]);
        benchmark::DoNotOptimize(session);
        MD_ASSERT(session != nullptr);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(session_cache_hit);

}  // namespace
}  // namespace marketday

BENCHMARK_MAIN();
