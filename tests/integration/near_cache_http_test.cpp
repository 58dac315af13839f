// The near cache behind a real server, with the real store: what shoppers see of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "base/async/asio_executor.hpp"
#include "base/async/blocking.hpp"
#include "cli/admin_client.hpp"
#include "http/near_caches.hpp"
#include "http/routes_catalogue.hpp"
#include "http/server.hpp"
#include "tests/integration/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"
#include "usecases/watched_catalogue.hpp"

namespace marketday {
namespace {

using test::RawAnswer;
using test::RawClient;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// The real catalogue, whose reads can be held back or made to fail, and are counted.
class HeldCatalogue final : public ports::Catalogue {
public:
    HeldCatalogue(ports::Catalogue& catalogue, ThreadPool& pool) : catalogue_(catalogue), pool_(pool) {}

    std::atomic<int> finds{0};
    std::atomic<bool> down{false};
    /// Reads go on after they have read, but before they answer, only while this is not held.
    void hold() {
        const std::scoped_lock lock(mutex_);
        held_ = true;
    }
    void let_go() {
        const std::scoped_lock lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }

    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                             ports::Freshness freshness) override {
        ++finds;
        if (down) co_return fail(Error::unavailable);
        auto found = co_await catalogue_.find(std::move(skus), freshness);
        auto wait = [this] {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !held_; });
            return 0;
        };
        auto waited = co_await blocking(pool_, std::move(wait));
        (void)waited;
        co_return found;
    }
    Answer<std::vector<Written>> put(std::vector<Write> writes) override { return catalogue_.put(std::move(writes)); }
    Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t max) override {
        return catalogue_.list(std::move(after), max);
    }
    Answer<std::vector<domain::Category>> categories(ports::Freshness freshness) override {
        return catalogue_.categories(freshness);
    }
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t max) override {
        return catalogue_.changed_after(number, max);
    }
    Answer<std::int64_t> last_change() override { return catalogue_.last_change(); }
    Answer<std::int64_t> count() override { return catalogue_.count(); }

private:
    ports::Catalogue& catalogue_;
    ThreadPool& pool_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;
};

http::NearCaches::Policies short_policies() {
    http::NearCachePolicy products;
    products.ttl = seconds{1};
    products.ttl_jitter_percent = 0;
    products.stale_if_error = seconds{60};
    return {.products = products, .searches = products, .sales = products, .stock = products};
}

/// Shoppers' and operators' listeners on threads of their own, as in the program.
class CachedSite {
public:
    explicit CachedSite(const std::filesystem::path& data, const http::NearCaches::Policies& policies)
        : database_{{.file = data / "marketday.db", .readers = 2, .at_start = adapters::begin_ledger_epoch}},
          caches_{policies, clock_, random_} {
        shop_.start();
        operators_.start();
        shop_thread_ = std::thread([this] { shop_io_.run(); });
        operator_thread_ = std::thread([this] { operator_io_.run(); });
    }
    ~CachedSite() {
        held.let_go();
        shop_io_.stop();
        operator_io_.stop();
        shop_thread_.join();
        operator_thread_.join();
        // Threads that work for suspended tasks, then the tasks, then what they refer to.
        database_.stop();
        hold_pool_.stop();
        import_pool_.stop();
        shop_executor_.shut_down();
        operator_executor_.shut_down();
    }
    CachedSite(const CachedSite&) = delete;
    CachedSite& operator=(const CachedSite&) = delete;

    std::uint16_t port() const { return shop_.port(); }
    std::string admin_url() const { return "http://127.0.0.1:" + std::to_string(operators_.port()); }
    const http::NearCacheFigures& figures() const { return caches_.products.figures(); }

private:
    void tell(std::vector<domain::SkuCode> skus, std::uint64_t write) {
        shop_executor_.soon([this, skus = std::move(skus), write] {
            for (const auto& sku : skus) caches_.products.invalidate(http::product_surrogate(sku), write);
        });
    }
    static http::ServerOptions operator_options() {
        http::ServerOptions options;
        options.refuse_operator = [](const http::Request&) { return std::optional<http::Response>{}; };
        return options;
    }

    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    const Currency currency_ = *Currency::parse("KRW");
    adapters::SqliteDatabase database_;
    adapters::SqliteCatalogue stored_{database_, clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_sqlite_order_book(database_, {currency_, {}}, clock_, uuids_);
    ThreadPool import_pool_{{.name = "import"}};
    ThreadPool hold_pool_{{.name = "hold", .threads = 4, .waiting_max = 1000}};
    boost::asio::io_context shop_io_{1};
    boost::asio::io_context operator_io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> shop_work_{shop_io_.get_executor()};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> operator_work_{
        operator_io_.get_executor()};
    AsioExecutor shop_executor_{shop_io_};
    AsioExecutor operator_executor_{operator_io_};

public:
    HeldCatalogue held{stored_, hold_pool_};

private:
    usecases::Browse browse_{held, *order_book_};
    usecases::WatchedCatalogue watched_{stored_, [this](auto skus, auto write) { tell(std::move(skus), write); }};
    usecases::BrowseShelves shelves_{watched_, *order_book_, currency_};
    usecases::Import import_{watched_, import_pool_, {currency_}};
    http::NearCaches caches_;
    http::Server shop_{shop_io_, shop_executor_, http::catalogue_routes(browse_, &caches_), {}};
    http::Server operators_{operator_io_, operator_executor_, http::admin_catalogue_routes(shelves_, import_),
                            operator_options()};
    std::thread shop_thread_;
    std::thread operator_thread_;
};

class NearCacheHttpTest : public testing::Test {
protected:
    NearCacheHttpTest() {
        std::string description(2000, 'd');
        const std::string goods =
            R"({"sku":"mug","name":{"en":"Mug"},"description":{"en":")" + description +
            R"("},"category":[{"en":"Home & Garden"}],"price":{"amount":12000,"currency":"KRW"}})";
        operators_.must("POST", "/admin/v1/products", goods + "\n", "application/x-ndjson");
    }
    static http::NearCaches::Policies long_policies() {
        auto policies = short_policies();
        policies.products.ttl = seconds{600};
        return policies;
    }
    RawAnswer get(RawClient& client, std::string_view headers = {}) {
        std::string request = "GET /api/v1/products/mug HTTP/1.1\r\nHost: x\r\n";
        request.append(headers).append("\r\n");
        return client.ask(request).value_or(RawAnswer{});
    }
    RawAnswer get(std::string_view headers = {}) {
        RawClient client{site_.port()};
        return get(client, headers);
    }
    static std::int64_t price_in(const RawAnswer& answer) {
        return boost::json::parse(answer.body).at("price").at("amount_minor").as_int64();
    }
    void set_price(std::int64_t minor) {
        const std::string body = R"({"price":{"currency":"KRW","amount_minor":)" + std::to_string(minor) + "}}";
        operators_.must("PATCH", "/admin/v1/products/mug", body);
    }

    TemporaryDirectory directory_;
    CachedSite site_{directory_.path(), long_policies()};
    cli::AdminClient operators_{site_.admin_url(), "token"};
};

TEST_F(NearCacheHttpTest, a_hit_has_the_same_bytes_etag_and_encodings_as_the_miss) {
    const RawAnswer miss = get();
    const RawAnswer hit = get();
    ASSERT_EQ(miss.status, 200);
    EXPECT_EQ(site_.held.finds, 1);
    EXPECT_EQ(hit.body, miss.body);
    EXPECT_EQ(hit.headers.at("etag"), miss.headers.at("etag"));
    EXPECT_EQ(hit.headers.at("cache-control"), "public, max-age=1, stale-if-error=60");
    EXPECT_EQ(hit.headers.at("cdn-cache-control"), "max-age=600, stale-if-error=60");
    EXPECT_EQ(hit.headers.at("surrogate-key"), "product-mug category-Home%20%26%20Garden");

    const RawAnswer unchanged = get("If-None-Match: " + hit.headers.at("etag") + "\r\n");
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_EQ(unchanged.headers.at("etag"), hit.headers.at("etag"));
    const RawAnswer gzip = get("Accept-Encoding: gzip\r\n");
    const RawAnswer brotli = get("Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(gzip.headers.at("content-encoding"), "gzip");
    EXPECT_EQ(brotli.headers.at("content-encoding"), "br");
    EXPECT_LT(gzip.body.size(), hit.body.size() / 4);
    EXPECT_LT(brotli.body.size(), hit.body.size() / 4);
    EXPECT_NE(gzip.headers.at("etag"), hit.headers.at("etag"));
    EXPECT_EQ(get("Accept-Encoding: br\r\nIf-None-Match: " + brotli.headers.at("etag") + "\r\n").status, 304);
    EXPECT_EQ(site_.held.finds, 1);
}

TEST_F(NearCacheHttpTest, a_changed_price_is_seen_within_a_second) {
    ASSERT_EQ(price_in(get()), 12000);
    for (std::int64_t price = 9000; price < 9020; ++price) {
        set_price(price);
        const auto changed = std::chrono::steady_clock::now();
        while (price_in(get()) != price) {
            ASSERT_LT(std::chrono::steady_clock::now() - changed, 1s) << price;
            std::this_thread::sleep_for(5ms);
        }
    }
    operators_.must("PATCH", "/admin/v1/products/mug", R"({"hidden":true})");
    std::this_thread::sleep_for(500ms);
    EXPECT_EQ(get().status, 404);
}

TEST_F(NearCacheHttpTest, a_hundred_misses_at_once_load_once) {
    site_.held.hold();
    std::vector<RawClient> clients;
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(site_.port());
        clients.back().send("GET /api/v1/products/mug HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    const auto begun = std::chrono::steady_clock::now();
    while (site_.figures().joined_total < 99 && std::chrono::steady_clock::now() - begun < 10s)
        std::this_thread::sleep_for(5ms);
    site_.held.let_go();
    std::string body;
    for (auto& client : clients) {
        const auto answer = client.read();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        if (body.empty()) body = answer->body;
        EXPECT_EQ(answer->body, body);
    }
    EXPECT_EQ(site_.held.finds, 1);
}

TEST_F(NearCacheHttpTest, a_load_begun_before_an_invalidation_is_not_stored) {
    site_.held.hold();
    RawClient early{site_.port()};
    early.send("GET /api/v1/products/mug HTTP/1.1\r\nHost: x\r\n\r\n");
    while (site_.held.finds < 1) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(200ms);  // It has read the old price and is held on its way back.
    set_price(9000);
    std::this_thread::sleep_for(200ms);
    RawClient late{site_.port()};
    late.send("GET /api/v1/products/mug HTTP/1.1\r\nHost: x\r\n\r\n");
    while (site_.held.finds < 2) std::this_thread::sleep_for(1ms);
    site_.held.let_go();
    const auto before = early.read();
    const auto after = late.read();
    ASSERT_TRUE(before && after);
    EXPECT_EQ(price_in(*before), 12000);
    EXPECT_EQ(price_in(*after), 9000) << "it must not join the load from before the change";
    EXPECT_EQ(price_in(get()), 9000);
    EXPECT_EQ(site_.figures().overtaken_total, 1U);
    EXPECT_EQ(site_.held.finds, 2);
}

class ShortNearCacheHttpTest : public NearCacheHttpTest {
protected:
    TemporaryDirectory other_directory_;
    CachedSite short_site_{other_directory_.path(), short_policies()};
    cli::AdminClient short_operators_{short_site_.admin_url(), "token"};
};

TEST_F(ShortNearCacheHttpTest, while_the_store_is_down_stale_bytes_are_given) {
    short_operators_.must("POST", "/admin/v1/products",
                          R"({"sku":"mug","name":{"en":"Mug"},"price":{"amount":500,"currency":"KRW"}})"
                          "\n",
                          "application/x-ndjson");
    RawClient client{short_site_.port()};
    const RawAnswer fresh = get(client);
    ASSERT_EQ(fresh.status, 200);
    short_site_.held.down = true;
    std::this_thread::sleep_for(1100ms);
    const RawAnswer stale = get(client);
    EXPECT_EQ(stale.status, 200);
    EXPECT_EQ(stale.body, fresh.body);
    EXPECT_GE(short_site_.figures().error_hits_total, 1U);
    const auto never_seen = client.ask("GET /api/v1/products/other HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(never_seen);
    EXPECT_EQ(never_seen->status, 503);
    short_site_.held.down = false;
    EXPECT_EQ(get(client).body, fresh.body);
}

}  // namespace
}  // namespace marketday
