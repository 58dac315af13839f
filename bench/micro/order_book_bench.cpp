// What one order costs in the store alone: batches of random customers on one hot SKU in a sale, written by the same
// code as the shop's, with one fsync a batch. Beside it, the same one transaction an order.
#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/embedded/migrations.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_offers.hpp"
#include "adapters/embedded/sqlite_order_writes.hpp"
#include "adapters/embedded/sqlite_sales.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"

namespace {

using namespace marketday;

struct Bench {
    SystemClock clock;
    SeededRandom random{1};
    UuidSource uuids{clock, random};
    adapters::SqliteConnection connection;
    adapters::CustomerMemory memory;
    adapters::ShopTerms terms{*Currency::parse("KRW"), {}};
    SaleId sale{uuids.next(0)};
    std::vector<CustomerId> customers;
    std::int64_t keys = 0;

    explicit Bench(const std::filesystem::path& file)
        : connection(file, adapters::SqliteConnection::Mode::read_write, 32 * 1024) {
        connection.script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;");
        adapters::migrate(connection);
        adapters::begin_ledger_epoch(connection);
        adapters::write_offers(
            connection,
            {{.sku = "hot-1", .price = Money{1000, terms.currency}, .hidden = false, .weight_g = 0, .version = 0}});
        adapters::receive_stock(connection, "hot-1", domain::kUnitsMax, "bench", clock.wall_now());
        domain::Sale made;
        made.id = sale;
        made.name_json = R"({"en":"Bench"})";
        made.opens_at = clock.wall_now();
        made.line.enabled = false;
        made.items = {{"hot-1", domain::kUnitsMax, Money{900, terms.currency}, 1'000'000, 0}};
        if (!adapters::write_sale(connection, made, uuids.next(0), clock.wall_now())) std::abort();
        for (int i = 0; i < 200'000; ++i)
            customers.push_back(CustomerId{uuids.next(static_cast<Bucket>(random.below(4096)))});
    }

    domain::OrderRequest request() {
        domain::OrderRequest made;
        made.customer = customers[random.below(customers.size())];
        made.order = OrderId{uuids.next(made.customer.bucket())};
        made.key = fmt::format("{:016x}-{:08x}", random.u64(), ++keys);
        random.fill(made.request_hash);
        made.sale = sale;
        made.currency = terms.currency;
        made.lines = {{"hot-1", 1, 900, 0}};
        made.address = {"Kim Minji", "12 Sejong-daero", "", "Seoul", "04524", "KR", "010-0000-0000"};
        made.placed_at = clock.wall_now();
        made.hold_until = made.placed_at + seconds{300};
        return made;
    }

    struct Cost {
        double orders_per_s;
        double cpu_us;  // of this thread, an order: steadier than the clock on a shared machine
    };

    static double cpu_seconds() {
        rusage used{};
        getrusage(RUSAGE_THREAD, &used);
        const auto seconds_of = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
        };
        return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    }

    /// Orders a second over `orders` in batches of `batch`.
    Cost run(std::size_t orders, std::size_t batch) {
        const double cpu_begun = cpu_seconds();
        const auto begun = std::chrono::steady_clock::now();
        for (std::size_t done = 0; done < orders; done += batch) {
            std::vector<domain::OrderRequest> requests;
            for (std::size_t i = 0; i < batch; ++i) requests.push_back(request());
            connection.run("BEGIN IMMEDIATE");
            const auto verdicts = adapters::write_orders(connection, memory, terms, uuids.next(0), requests);
            connection.run("COMMIT");
            if (!verdicts.back().granted()) std::abort();
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        const auto count = static_cast<double>(orders);
        return {count / took.count(), 1e6 * (cpu_seconds() - cpu_begun) / count};
    }
};

}  // namespace

int main(int argc, char** argv) {
    marketday::log::set_level(marketday::log::Level::warn);
    const std::size_t scale = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1;
    const auto directory = std::filesystem::temp_directory_path() / fmt::format("order-book-bench-{}", ::getpid());
    std::filesystem::create_directories(directory);
    {
        Bench bench(directory / "bench.db");
        for (const std::size_t batch : {1UL, 10UL, 100UL, 500UL, 500UL, 500UL}) {
            const std::size_t orders = (batch == 1 ? 2'000 : batch == 10 ? 10'000 : 100'000) * scale;
            const auto [rate, cpu_us] = bench.run(orders, batch);
            fmt::print(
                "batches of {:>3}: {:>9.0f} orders/s, {:>6.2f} us an order, {:>6.2f} us of them on the processor\n",
                batch, rate, 1e6 / rate, cpu_us);
            std::fflush(stdout);
        }
    }
    std::filesystem::remove_all(directory);
}
