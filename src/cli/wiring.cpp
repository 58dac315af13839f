#include "cli/wiring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "adapters/embedded/file_mail.hpp"
#include "adapters/embedded/memory_rankings.hpp"
#include "adapters/embedded/sandbox_payment_gateway.hpp"
#include "adapters/embedded/sqlite_accounts.hpp"
#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_database.hpp"
#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_line_book.hpp"
#include "adapters/embedded/sqlite_operators.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/sqlite_payment_journal.hpp"
#include "adapters/embedded/sqlite_sessions.hpp"
#include "adapters/embedded/xapian_search_index.hpp"
#include "base/async/asio_executor.hpp"
#include "base/log.hpp"
#include "cli/addresses.hpp"
#include "cli/cache_settings.hpp"
#include "cli/secrets.hpp"
#include "http/metrics.hpp"
#include "http/openapi.hpp"
#include "http/problem_types.hpp"
#include "http/routes_accounts.hpp"
#include "http/routes_audit.hpp"
#include "http/routes_catalogue.hpp"
#include "http/routes_fulfilment.hpp"
#include "http/routes_line.hpp"
#include "http/routes_operators.hpp"
#include "http/routes_orders.hpp"
#include "http/routes_payments.hpp"
#include "http/routes_sales.hpp"
#include "http/routes_search.hpp"
#include "http/server.hpp"
#include "usecases/accounts.hpp"
#include "usecases/accounts_mailer.hpp"
#include "usecases/accounts_rehearsal.hpp"
#include "usecases/browse.hpp"
#include "usecases/browse_shelves.hpp"
#include "usecases/checkout.hpp"
#include "usecases/fulfil.hpp"
#include "usecases/import.hpp"
#include "usecases/jobs_forgetting.hpp"
#include "usecases/jobs_payments.hpp"
#include "usecases/jobs_scheduler.hpp"
#include "usecases/operators.hpp"
#include "usecases/pay.hpp"
#include "usecases/relay.hpp"
#include "usecases/relay_consumer.hpp"
#include "usecases/relay_order_mail.hpp"
#include "usecases/sale_board.hpp"
#include "usecases/search.hpp"
#include "usecases/search_follower.hpp"
#include "usecases/sessions.hpp"
#include "usecases/stand_in_line.hpp"
#include "usecases/watched_catalogue.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;
using namespace usecases;
using namespace adapters;

constexpr seconds kDrainTime{8};

fs::path make_data_directory(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error)
        throw std::runtime_error(
            fmt::format("cannot make {}: {}; give --data a directory that this user may write", path, error.message()));
    return fs::absolute(path);
}

std::set<std::string> roles_of(const Config& config) {
    std::set<std::string> roles;
    for (const auto& role : config.list("roles")) {
        if (role != "web" && role != "worker" && role != "scheduler")
            throw std::runtime_error(fmt::format("roles must be web, worker or scheduler, not \"{}\"", role));
        roles.insert(role);
    }
    if (roles.empty()) throw std::runtime_error("roles must name at least one of web, worker, scheduler");
    const bool has_certificate = !config.text("tls_cert").empty();
    if (has_certificate != !config.text("tls_key").empty())
        throw std::runtime_error("tls_cert and tls_key go together; give both or none");
    return roles;
}

ShopTerms terms_of(const Config& config) {
    const auto currency = Currency::parse(config.text("shop.currency"));
    if (!currency)
        throw std::runtime_error(
            fmt::format("shop.currency must be a currency such as KRW, not \"{}\"", config.text("shop.currency")));
    return {*currency,
            {config.integer("shipping.flat_minor"), config.integer("shipping.per_kg_minor"),
             config.integer("shipping.free_from_minor")}};
}

SqliteDatabase::Options database_options(const Config& config, const fs::path& data) {
    SqliteDatabase::Options options;
    options.file = data / "marketday.db";
    options.readers = static_cast<std::size_t>(config.integer("store.readers"));
    options.cache_kib = config.integer("store.cache_mib") * 1024;
    options.group_writes_max = static_cast<std::size_t>(config.integer("store.group_writes_max"));
    options.at_start = begin_ledger_epoch;
    return options;
}

/// What one password hash costs; another cost applies to a stored hash when its owner next logs in.
domain::PasswordCost password_cost(const Config& config) {
    const std::int64_t memory_kib = config.integer("accounts.hash_memory_kib");
    const std::int64_t passes = config.integer("accounts.hash_passes");
    if (memory_kib < 8 || memory_kib > 4 * 1024 * 1024 || passes < 1 || passes > 1000)
        throw std::runtime_error("accounts.hash_memory_kib must be 8 to 4194304, accounts.hash_passes 1 to 1000");
    return {.memory_kib = static_cast<std::uint32_t>(memory_kib), .passes = static_cast<std::uint32_t>(passes)};
}

Checkout::Options checkout_options(const Config& config, const Hash256& admission_key) {
    Checkout::Options options;
    options.hold = seconds{config.integer("checkout.hold_s")};
    options.lane.depth_max = static_cast<std::size_t>(config.integer("checkout.lane_depth_max"));
    options.lane.batch_max = static_cast<std::size_t>(config.integer("checkout.batch_max"));
    options.lane.batches_under_way = static_cast<std::size_t>(config.integer("checkout.batches_under_way"));
    options.admission_key = admission_key;
    if (options.lane.batch_max < 1 || options.lane.batch_max > ports::OrderBook::kBatchOrdersMax)
        throw std::runtime_error("checkout.batch_max must be 1 to 1000");
    return options;
}

/// Small files that tell programs of this machine where the shop is; whole or not there.
void write_private_file(const fs::path& path, const std::string& content) {
    const auto made = path.string() + ".new";
    const int descriptor = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        descriptor >= 0 && ::write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (descriptor >= 0) ::close(descriptor);
    if (!written || ::rename(made.c_str(), path.c_str()) != 0)
        throw std::runtime_error(fmt::format("cannot write {}", path.string()));
}

/// Checkout's lanes as the line sees them.
class LanePressure final : public CheckoutPressure {
public:
    explicit LanePressure(std::size_t depth_max) : depth_max_(depth_max) {}
    void look_at(const Checkout& checkout) { checkout_ = &checkout; }
    domain::Pressure pressure(SaleId sale) const override {
        domain::Pressure pressure;
        pressure.lane_depth_max = depth_max_;
        const Checkout::OrderLane* lane = checkout_->lane_of(sale);
        if (lane == nullptr) return pressure;
        pressure.lane_depth = lane->depth();
        // Whoever arrives now waits for the batch under way and for those before it.
        const auto batch = std::max<std::size_t>(1, lane->figures().last_batch);
        pressure.latency_p99 = milliseconds{lane->figures().last_send_us.load() / 1000 *
                                            static_cast<std::int64_t>(1 + pressure.lane_depth / batch)};
        return pressure;
    }

private:
    std::size_t depth_max_;
    const Checkout* checkout_ = nullptr;
};

}  // namespace

struct Shop::Parts {
    Config config;
    fs::path data;
    std::set<std::string> roles;
    ListenAddress listen;
    ListenAddress admin;
    SystemClock clock;
    SystemRandom random;
    UuidSource uuids{clock, random};
    Secrets secrets;

    // Threads and executors first: everything below hands work to them and must end before them.
    boost::asio::io_context shop_io{1};
    boost::asio::io_context operator_io{1};
    AsioExecutor shop_executor{shop_io};
    AsioExecutor operator_executor{operator_io};

    SqliteDatabase database;
    SandboxPaymentGateway gateway;
    ThreadPool hashing;
    ThreadPool operator_hashing;
    ThreadPool chores;
    ThreadPool parsing;
    ThreadPool searching;
    ThreadPool indexing;

    std::unique_ptr<ports::OrderBook> order_book;
    SqliteAccounts accounts_store{database};
    SqliteSessions sessions_store{database};
    SqliteOperators operators_store{database};
    SqliteCatalogue catalogue{database, clock};
    SqliteLineBook line_book{database};
    SqlitePaymentJournal payment_journal{database};
    SqliteLeases leases{database};
    SqliteEventBus event_bus{database, clock};
    SqliteEventMemory event_memory{database};
    FileMail mail;
    XapianSearchIndex search_index;
    MemoryRankings rankings;

    Passwords passwords;
    Passwords operator_passwords;
    SessionCache session_cache;
    AccountsMailer mailer;
    Accounts accounts;
    Sessions sessions;
    Rehearsal rehearsal;
    Operators operators;
    SaleBoard board;
    Checkout checkout;
    LanePressure pressure;
    StandInLine line;
    StepLane steps;
    Refunds refunds;
    Settlement settlement;
    Pay pay;
    Fulfil fulfil;
    // The operators' own: a lane belongs to one executor.
    StepLane operator_steps;
    Refunds operator_refunds;
    Fulfil operator_fulfil;
    Reconcile reconcile;
    ExpireHolds expire_holds;
    ForgetPayments forget_payments;
    ForgetKeys forget_keys;
    ForgetOutbox forget_outbox;
    Relay relay;
    ForgetEvents forget_events;
    OrderMail order_mail;
    Consumer order_mail_consumer;
    Scheduler scheduler;
    Browse browse{catalogue, *order_book};
    Search search{search_index, browse, rankings, clock};
    SearchFollower search_follower{catalogue, search_index, {}, clock};
    /// What the shop's thread keeps of the goods; told of what operators write through `watched`.
    http::NearCaches near_caches{near_cache_policies(config), clock, random};
    WatchedCatalogue watched{catalogue,
                             [this](auto skus, auto write) { tell_products_changed(std::move(skus), write); }};
    BrowseShelves shelves;
    Import import;

    http::Metrics metrics;
    // What only the shop's executor may read, told to the scraper as it was a second ago.
    std::mutex shop_samples_mutex;
    std::vector<http::Sample> shop_samples;

    std::unique_ptr<http::Server> shop_server;
    std::unique_ptr<http::Server> operator_server;
    boost::asio::signal_set signals{shop_io};
    bool clean = true;

    explicit Parts(const Config& given);

    std::vector<http::Route> shop_routes();
    std::vector<http::Route> operator_routes();
    void build_servers();
    void collect_anywhere(std::vector<http::Sample>& samples) const;
    void collect_on_shop(std::vector<http::Sample>& samples) const;
    Task<void> publish_samples();
    void add_jobs();
    void announce(const std::optional<std::string>& first_password);
    Task<void> begin_operators(std::optional<std::string>* first_password, bool* failed, Event* done);
    Task<void> drain();
    void tell_sale_changed(SaleId sale);
    void tell_products_changed(std::vector<domain::SkuCode> skus, std::uint64_t write);
    static Task<void> refresh_board(SaleBoard* board, StandInLine* line, SaleId sale);
    static Task<void> drain_operators(http::Server* server, boost::asio::io_context* io);
};

Shop::Parts::Parts(const Config& given)
    : config(given),
      data(make_data_directory(config.text("data"))),
      roles(roles_of(config)),
      listen(parse_listen_address(config.text("listen"), "listen")),
      admin(parse_listen_address(config.text("admin"), "admin")),
      secrets(data, random),
      database(database_options(config, data)),
      gateway({.file = data / "sandbox-gateway.db"}),
      hashing({.name = "hash",
               .threads = static_cast<std::size_t>(config.integer("accounts.hash_threads")),
               .waiting_max = 256}),
      operator_hashing({.name = "operator-hash", .threads = 1, .waiting_max = 16}),
      chores({.name = "chores", .threads = 1, .waiting_max = 1024}),
      parsing({.name = "parse", .threads = 1, .waiting_max = 64}),
      searching({.name = "search", .threads = 1, .waiting_max = 1024}),
      indexing({.name = "index", .threads = 1, .waiting_max = 64}),
      order_book(make_sqlite_order_book(database, terms_of(config), clock, uuids)),
      mail(chores, {.directory = data / "mail"}),
      search_index({.directory = data / "search"}, searching, indexing),
      rankings({}, clock),
      passwords(hashing, random, password_cost(config)),
      operator_passwords(operator_hashing, random, password_cost(config)),
      session_cache(sessions_store, clock, {}),
      mailer(
          accounts_store, mail, clock, random,
          {.base_url = config.text("public_url").empty() ? url_of(listen, listen.port, !config.text("tls_cert").empty())
                                                         : config.text("public_url")}),
      accounts(accounts_store, session_cache, passwords, mailer, clock, random, uuids,
               {.bucket_key = secrets.key_for("bucket")}),
      sessions(accounts_store, sessions_store, session_cache, passwords, clock, random, {}),
      rehearsal(accounts_store, sessions_store, session_cache, shop_executor, clock, random, uuids,
                secrets.key_for("bucket")),
      operators(operators_store, operator_passwords, clock, random, {}),
      board(*order_book),
      checkout(shop_executor, *order_book, board, clock, uuids, checkout_options(config, secrets.key_for("admission"))),
      pressure(static_cast<std::size_t>(config.integer("checkout.lane_depth_max"))),
      line(line_book, *order_book, pressure, clock, random,
           {.admission_key = secrets.key_for("admission"),
            .address_limits = {.joins_burst = static_cast<double>(config.integer("line.joins_per_address"))}}),
      steps(shop_executor, *order_book),
      refunds(*order_book, steps, payment_journal, gateway, clock, {}),
      settlement(steps, payment_journal, refunds, clock, {}),
      pay(shop_executor, *order_book, steps, payment_journal, gateway, settlement, clock, {}),
      fulfil(*order_book, steps, payment_journal, refunds, clock),
      operator_steps(operator_executor, *order_book),
      operator_refunds(*order_book, operator_steps, payment_journal, gateway, clock, {}),
      operator_fulfil(*order_book, operator_steps, payment_journal, operator_refunds, clock),
      reconcile(*order_book, gateway, settlement, clock,
                {.after = seconds{config.integer("payment.reconcile_after_s")}}),
      expire_holds(*order_book, clock),
      forget_payments(payment_journal, clock),
      forget_keys(*order_book, clock, {}),
      forget_outbox(*order_book, clock, {}),
      relay(*order_book, event_bus),
      forget_events(event_bus, event_memory, clock, {}),
      order_mail(accounts_store, mail, "Marketday"),
      order_mail_consumer(event_bus, event_memory, clock, OrderMail::group(), OrderMail::types(),
                          [this](ShopEvent event) { return order_mail.handle(std::move(event)); }),
      scheduler(clock, random, leases, {.holder = "embedded"}),
      shelves(watched, *order_book, terms_of(config).currency),
      import(watched, parsing, {.currency = terms_of(config).currency}) {
    pressure.look_at(checkout);
    search_follower.on_applied(
        [this](std::int64_t change) { near_caches.searches.invalidate_all(static_cast<std::uint64_t>(change)); });
    checkout.on_verdict([this](SaleId sale, const CustomerId& customer, bool granted) {
        if (granted)
            line.used(sale, customer, 1);
        else
            line.refused(sale, customer);
    });
    add_jobs();
    build_servers();
    metrics.add_collector([this](std::vector<http::Sample>& samples) {
        collect_anywhere(samples);
        const std::scoped_lock lock(shop_samples_mutex);
        samples.insert(samples.end(), shop_samples.begin(), shop_samples.end());
    });
}

void Shop::Parts::add_jobs() {
    scheduler.add({"expire-holds", milliseconds{200}, [this](ports::Fence fence) { return expire_holds.run(fence); }});
    scheduler.add({"reconcile", milliseconds{1000}, [this](ports::Fence fence) { return reconcile.ask(fence); }});
    scheduler.add({"notifications", milliseconds{500}, [this](ports::Fence fence) { return reconcile.listen(fence); }});
    scheduler.add({"refunds", milliseconds{1000}, [this](ports::Fence fence) { return refunds.run(fence); }});
    scheduler.add({"relay", milliseconds{200}, [this](ports::Fence fence) { return relay.run(fence); }});
    scheduler.add(
        {"order-mail", milliseconds{500}, [this](ports::Fence fence) { return order_mail_consumer.run(fence); }});
    scheduler.add(
        {"forget-events", milliseconds{60'000}, [this](ports::Fence fence) { return forget_events.run(fence); }});
    scheduler.add({"forget-keys", milliseconds{1000}, [this](ports::Fence fence) { return forget_keys.run(fence); }});
    scheduler.add(
        {"forget-outbox", milliseconds{60'000}, [this](ports::Fence fence) { return forget_outbox.run(fence); }});
    scheduler.add(
        {"forget-payments", milliseconds{60'000}, [this](ports::Fence fence) { return forget_payments.run(fence); }});
}

void Shop::Parts::collect_anywhere(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
        samples.push_back({kind, name, help, {}, value});
    };
    const auto& store = database.figures();
    add(Kind::counter, "marketday_store_commits_total", "Group commits", static_cast<double>(store.commits));
    add(Kind::counter, "marketday_store_writes_total", "Writes in those commits", static_cast<double>(store.writes));
    add(Kind::counter, "marketday_store_commit_seconds_total", "Time in transactions",
        static_cast<double>(store.commit_ns) / 1e9);
    add(Kind::counter, "marketday_store_rollbacks_total", "Groups undone", static_cast<double>(store.rollbacks));
    add(Kind::gauge, "marketday_store_writes_waiting", "Writes that wait for the writer",
        static_cast<double>(store.waiting));
    const auto& server = shop_server->figures();
    add(Kind::gauge, "marketday_connections_open", "Open connections of shoppers",
        static_cast<double>(server.open_connections));
    add(Kind::counter, "marketday_connections_total", "Connections accepted",
        static_cast<double>(server.accepted_total));
    add(Kind::counter, "marketday_connections_shed_total", "Idle connections closed to make room",
        static_cast<double>(server.shed_total));
    add(Kind::counter, "marketday_requests_malformed_total", "Requests that were no HTTP",
        static_cast<double>(server.malformed_total));
    add(Kind::gauge, "marketday_hashes_waiting", "Passwords that wait to be hashed",
        static_cast<double>(hashing.waiting()));
}

void Shop::Parts::collect_on_shop(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    checkout.each_lane([&samples](const std::optional<SaleId>& sale, const LaneFigures& figures) {
        const std::vector<std::pair<std::string, std::string>> labels{{"lane", sale ? sale->to_string() : "ordinary"}};
        const auto add = [&](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, labels, value});
        };
        add(Kind::gauge, "marketday_lane_depth", "Orders that wait in a lane", static_cast<double>(figures.depth));
        add(Kind::counter, "marketday_lane_orders_total", "Orders sent", static_cast<double>(figures.items));
        add(Kind::counter, "marketday_lane_batches_total", "Batches sent", static_cast<double>(figures.batches));
        add(Kind::counter, "marketday_lane_commit_seconds_total", "From sending a batch to its verdicts",
            static_cast<double>(figures.send_ns) / 1e9);
        add(Kind::counter, "marketday_lane_busy_total", "Orders refused because the lane was full",
            static_cast<double>(figures.refused_busy));
    });
    for (const auto& [sale, figures] : line.figures()) {
        const std::vector<std::pair<std::string, std::string>> labels{{"sale", sale.to_string()}};
        const auto add = [&](const char* name, const char* help, double value) {
            samples.push_back({Kind::gauge, name, help, labels, value});
        };
        add("marketday_line_tickets", "Tickets taken", static_cast<double>(figures.tickets));
        add("marketday_line_waiting", "Shoppers who wait", static_cast<double>(figures.waiting));
        add("marketday_line_admitted", "Admitted who have not ordered", static_cast<double>(figures.outstanding));
        add("marketday_line_admissions_per_second", "Admissions a second that checkout sustains",
            figures.admissions_per_s_allowed);
        add("marketday_sale_units_left", "Units that can still be had", static_cast<double>(figures.units_left));
    }
    for (const auto& job : scheduler.figures()) {
        samples.push_back({Kind::counter,
                           "marketday_job_turns_total",
                           "Turns of a job",
                           {{"job", job.job}},
                           static_cast<double>(job.turns)});
        samples.push_back({Kind::counter,
                           "marketday_job_failures_total",
                           "Turns that failed",
                           {{"job", job.job}},
                           static_cast<double>(job.failures)});
        samples.push_back({Kind::counter,
                           "marketday_job_seconds_total",
                           "Time in a job",
                           {{"job", job.job}},
                           std::chrono::duration<double>(job.busy).count()});
    }
    http::collect_near_caches(near_caches, samples);
    samples.push_back({Kind::gauge,
                       "marketday_sessions_cached",
                       "Sessions in this process",
                       {},
                       static_cast<double>(session_cache.size())});
    samples.push_back({Kind::gauge,
                       "marketday_search_lag_seconds",
                       "How far the search index is behind",
                       {},
                       std::chrono::duration<double>(search_follower.lag().behind).count()});
}

Task<void> Shop::Parts::publish_samples() {
    while (true) {
        std::vector<http::Sample> samples;
        collect_on_shop(samples);
        {
            const std::scoped_lock lock(shop_samples_mutex);
            shop_samples.swap(samples);
        }
        co_await sleep_for(seconds{1});
    }
}

void Shop::Parts::tell_products_changed(std::vector<domain::SkuCode> skus, std::uint64_t write) {
    shop_executor.soon([this, skus = std::move(skus), write] {
        for (const auto& sku : skus) near_caches.products.invalidate(http::product_surrogate(sku), write);
    });
}

void Shop::Parts::tell_sale_changed(SaleId sale) {
    shop_executor.soon([this, sale] { spawn(shop_executor, "sale.changed", refresh_board(&board, &line, sale)); });
}

Task<void> Shop::Parts::refresh_board(SaleBoard* board, StandInLine* line, SaleId sale) {
    co_await board->refresh();
    line->sale_changed(sale);
}

namespace {

void append(std::vector<http::Route>& routes, std::vector<http::Route> more) {
    for (auto& route : more) routes.push_back(std::move(route));
}

std::vector<http::Route> health_routes() {
    static constexpr int kStatuses[] = {200};
    std::vector<http::Route> routes;
    for (const std::string_view path : {"/livez", "/readyz"}) {
        routes.push_back({.method = http::Method::get,
                          .pattern = path,
                          .operation_id = path == "/livez" ? "live" : "ready",
                          .summary = path == "/livez" ? "Whether the process runs" : "Whether it can serve",
                          .request_schema = {},
                          .response_schema = "Status",
                          .statuses = kStatuses,
                          .handle = {},
                          .handle_now = [](const http::Request&) { return http::json(200, R"({"status":"ok"})"); }});
    }
    return routes;
}

}  // namespace

std::vector<http::Route> Shop::Parts::shop_routes() {
    std::vector<http::Route> routes = health_routes();
    append(routes, http::accounts_routes(accounts, sessions, {.secure = !config.text("tls_cert").empty()}));
    append(routes, http::sale_routes(board, *order_book, clock, &near_caches));
    append(routes, http::line_routes(line));
    append(routes, http::order_routes(checkout, *order_book, [this](const domain::SkuCode& sku, const CustomerId& who) {
               search.ordered(sku, std::hash<CustomerId>{}(who));
           }));
    append(routes, http::payment_routes(pay, fulfil));
    append(
        routes,
        http::catalogue_routes(browse, &near_caches, [this](std::string_view sku, const http::ClientAddress& client) {
            const std::string_view bytes{reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
            search.looked_at(domain::SkuCode{sku}, std::hash<std::string_view>{}(bytes) | 1);
        }));
    append(routes, http::search_routes(search, &near_caches.searches));
    append(routes, http::problem_routes());
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return routes;
}

std::vector<http::Route> Shop::Parts::operator_routes() {
    std::vector<http::Route> routes = health_routes();
    append(routes, http::operators_routes(operators));
    append(routes, http::fulfilment_routes(operator_fulfil, event_bus));
    if (config.boolean("rehearsal")) append(routes, http::rehearsal_routes(rehearsal, operators));
    append(routes, http::admin_sale_routes(*order_book, clock, uuids,
                                           [this](const domain::Sale& sale) { tell_sale_changed(sale.id); }));
    append(routes, http::admin_catalogue_routes(shelves, import));
    append(routes, http::audit_routes(chores, data / "marketday.db"));
    routes.push_back(http::metrics_route(metrics));
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return routes;
}

void Shop::Parts::build_servers() {
    http::ServerOptions options;
    options.address = listen.address;
    options.port = listen.port;
    if (!config.text("tls_cert").empty()) options.tls = http::TlsFiles{config.text("tls_cert"), config.text("tls_key")};
    options.limits.connections_max = static_cast<std::size_t>(config.integer("http.connections_max"));
    options.limits.idle_timeout = seconds{config.integer("http.idle_timeout_s")};
    options.limits.request_timeout = seconds{config.integer("http.request_timeout_s")};
    options.proxy_protocol = config.boolean("http.proxy_protocol");
    for (const auto& network : config.list("http.trusted_proxies")) {
        const auto parsed = http::Network::parse(network);
        if (!parsed)
            throw std::runtime_error(
                fmt::format("http.trusted_proxies takes networks such as 10.0.0.0/8, not \"{}\"", network));
        options.trusted_proxies.push_back(*parsed);
    }
    options.authenticate = &session_cache;
    options.observe = [this](const http::Request&, const http::Route* route, int status,
                             std::chrono::nanoseconds took) { metrics.observe("shop", route, status, took); };
    shop_server = std::make_unique<http::Server>(shop_io, shop_executor, shop_routes(), std::move(options));

    http::ServerOptions for_operators;
    for_operators.address = admin.address;
    for_operators.port = admin.port;
    for_operators.is_operator = [this](const http::Request& request) {
        return http::is_allowed_operator(operators, request);
    };
    for_operators.observe = [this](const http::Request&, const http::Route* route, int status,
                                   std::chrono::nanoseconds took) {
        metrics.observe("operators", route, status, took);
    };
    operator_server =
        std::make_unique<http::Server>(operator_io, operator_executor, operator_routes(), std::move(for_operators));
}

Task<void> Shop::Parts::begin_operators(std::optional<std::string>* first_password, bool* failed, Event* done) {
    auto made = co_await operators.ensure_first_operator();
    if (made)
        *first_password = std::move(*made);
    else
        *failed = true;
    done->set();
}

void Shop::Parts::announce(const std::optional<std::string>& first_password) {
    const bool tls = !config.text("tls_cert").empty();
    const std::string shop_url = url_of(listen, shop_server->port(), tls);
    const std::string admin_url = url_of(admin, operator_server->port(), false);
    write_private_file(data / "shop.json", fmt::format("{{\"url\":\"{}\",\"pid\":{}}}\n", shop_url, ::getpid()));
    write_private_file(data / "admin.json", fmt::format("{{\"url\":\"{}\",\"token\":\"{}\",\"pid\":{}}}\n", admin_url,
                                                        operators.machine_token(), ::getpid()));
    fmt::print("marketday serves shoppers at {} and operators at {}\n", shop_url, admin_url);
    if (first_password) fmt::print("the first operator is admin, password {} (shown only now)\n", *first_password);
    std::fflush(stdout);
}

Task<void> Shop::Parts::drain_operators(http::Server* server, boost::asio::io_context* io) {
    Executor& executor = co_await this_executor();
    const Instant deadline = executor.now() + seconds{1};
    co_await server->drain(deadline);
    io->stop();
}

Task<void> Shop::Parts::drain() {
    log::info("shop.draining");
    const Instant deadline = shop_executor.now() + kDrainTime;
    bool answered = true;
    if (roles.contains("web")) answered = co_await shop_server->drain(deadline);
    checkout.close();
    line.stop();
    board.stop();
    search_follower.stop();
    const bool jobs_ended = co_await scheduler.stop(deadline);
    while (!(checkout.idle() && steps.idle()) && shop_executor.now() < deadline) co_await sleep_for(milliseconds{5});
    clean = answered && jobs_ended && checkout.idle();
    log::info("shop.drained", {{"clean", clean}});
    shop_io.stop();
}

Shop::Shop(const Config& config) : parts_(std::make_unique<Parts>(config)) {}

Shop::~Shop() {
    // Threads that work for suspended tasks end first, then the tasks, then what the tasks refer to.
    parts_->database.stop();
    parts_->hashing.stop();
    parts_->operator_hashing.stop();
    parts_->chores.stop();
    parts_->parsing.stop();
    parts_->searching.stop();
    parts_->indexing.stop();
    parts_->shop_executor.shut_down();
    parts_->operator_executor.shut_down();
}

int Shop::run() {
    Parts& parts = *parts_;
    // First the operators, so that the shop can be looked at before it opens.
    std::optional<std::string> first_password;
    bool failed = false;
    Event begun;
    // Without work it would stop while a password is hashed elsewhere, and never answer again.
    const auto keep_operators = boost::asio::make_work_guard(parts.operator_io);
    spawn(parts.operator_executor, "operators.begin", parts.begin_operators(&first_password, &failed, &begun));
    while (!begun.is_set()) parts.operator_io.run_one();
    if (failed) throw std::runtime_error("the store does not answer; look at the log");
    parts.operator_server->start();
    if (parts.roles.contains("web")) parts.shop_server->start();

    const auto keep_shop = boost::asio::make_work_guard(parts.shop_io);
    std::thread operator_thread([&parts] { parts.operator_io.run(); });
    pthread_setname_np(operator_thread.native_handle(), "operators");

    parts.signals.add(SIGTERM);
    parts.signals.add(SIGINT);
    parts.signals.async_wait([&parts](const boost::system::error_code& error, int) {
        if (!error) spawn(parts.shop_executor, "drain", parts.drain());
    });
    spawn(parts.shop_executor, "sale-board", parts.board.run(milliseconds{500}));
    spawn(parts.shop_executor, "line", parts.line.run());
    if (parts.roles.contains("worker")) spawn(parts.shop_executor, "mailer", parts.mailer.run());
    spawn(parts.shop_executor, "metrics", parts.publish_samples());
    spawn(parts.shop_executor, "search-follower", parts.search_follower.run());
    spawn(parts.shop_executor, "sessions", parts.session_cache.maintain());
    if (parts.roles.contains("scheduler")) parts.scheduler.start(parts.shop_executor);
    parts.announce(first_password);
    parts.shop_io.run();

    spawn(parts.operator_executor, "drain", Parts::drain_operators(parts.operator_server.get(), &parts.operator_io));
    operator_thread.join();
    std::error_code ignored;
    fs::remove(parts.data / "admin.json", ignored);
    fs::remove(parts.data / "shop.json", ignored);
    return parts.clean ? 0 : 1;
}

}  // namespace marketday::cli
