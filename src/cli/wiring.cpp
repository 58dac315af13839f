#include "cli/wiring.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/log.hpp"
#include "base/memory_reserve.hpp"
#include "cli/private_file.hpp"
#include "cli/wiring_parts.hpp"
#include "cli/wiring_settings.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;

constexpr seconds kDrainTime{8};
/// What other processes change is seen so soon, heard or not: purge_cdn's second purge counts on it.
constexpr milliseconds kFollowEvery{250};
// Somebody at another process waits for the letter with which to go on.
constexpr seconds kOthersLettersEvery{1};

template <class Shared>
std::optional<Shared> shared_of(ports::SharedCache* cache, const Clock& clock, const Hash256& key) {
    if (cache == nullptr) return std::nullopt;
    typename Shared::Options options;
    options.key = key;
    return std::make_optional<Shared>(*cache, clock, options);
}

/// What Asio does between two steps of one operation has no reserve to take from: without memory that one operation is
/// given up, and its connection with it.
void run_to_end(boost::asio::io_context& io) {
    while (true) {
        try {
            io.run();
            return;
        } catch (const std::bad_alloc&) {
            log::error("memory.exhausted", {{"reserve_taken", MemoryReserve::taken_total()}});
        }
    }
}

}  // namespace

Shop::Parts::Parts(const Config& given)
    : config(given),
      data(make_data_directory(config.text("data"))),
      roles(roles_of(config)),
      listen(parse_listen_address(config.text("listen"), "listen")),
      admin(parse_listen_address(config.text("admin"), "admin")),
      stores(make_stores(config, data, clock, random, uuids)),
      gateway({.file = sandbox_books(config, data)}),
      hashing({.name = "hash",
               .threads = static_cast<std::size_t>(config.integer("accounts.hash_threads")),
               .waiting_max = 256}),
      operator_hashing({.name = "operator-hash", .threads = 1, .waiting_max = 16}),
      chores({.name = "chores", .threads = 1, .waiting_max = 1024}),
      parsing({.name = "parse", .threads = 1, .waiting_max = 64}),
      searching({.name = "search", .threads = 1, .waiting_max = 1024}),
      indexing({.name = "index", .threads = 1, .waiting_max = 64}),
      post(config, data),
      search_index({.directory = data / "search"}, searching, indexing),
      redis(config),
      shop_rankings(config, redis, clock),
      passwords(hashing, random, password_cost(config)),
      operator_passwords(operator_hashing, random, password_cost(config)),
      shared_sessions(shared_of<SharedSessions>(redis.cache(), clock, secrets.key_for("shared sessions"))),
      shared_products(shared_of<SharedProducts>(redis.cache(), clock, secrets.key_for("shared products"))),
      session_cache(sessions_store, clock, session_cache_options(config),
                    shared_sessions ? &*shared_sessions : nullptr),
      mailer(accounts_store, mail, clock, random,
             {.shop = config.text("shop.name"),
              .base_url = public_url(config, listen),
              .look_every = shared_store(config) ? kOthersLettersEvery : seconds{30}}),
      accounts(accounts_store, session_cache, passwords, mailer, clock, random, uuids,
               {.bucket_key = secrets.key_for("bucket")}),
      sessions(accounts_store, sessions_store, session_cache, passwords, clock, random, {}),
      rehearsal(accounts_store, sessions_store, session_cache, shop_executor, clock, random, uuids,
                secrets.key_for("bucket")),
      operators(operators_store, operator_passwords, clock, random,
                operators_options(config, secrets.key_for("operators' second factor"))),
      selling(shop_executor, clock, random, uuids,
              {*order_book, line_book, payment_journal, gateway, leases, event_bus, event_memory, accounts_store, mail,
               statistics},
              selling_options(config, secrets.key_for("admission"), process)),
      operator_steps(operator_executor, *order_book),
      operator_refunds(*order_book, operator_steps, payment_journal, gateway, clock, {}),
      operator_fulfil(*order_book, operator_steps, payment_journal, operator_refunds, clock),
      shelves(watched, *order_book, terms_of(config).currency),
      import(watched, parsing, {.currency = terms_of(config).currency}) {
    search_follower.on_applied(
        [this](std::int64_t change) { near_caches.searches.invalidate_all(static_cast<std::uint64_t>(change)); });
    checkout.on_placed([this](const OrderId& order) {
        if (const Trace* trace = current_trace()) order_traces.note(order, trace->id());
    });
    add_jobs();
    add_readiness_checks();
    build_servers();
    metrics.add_collector([this](std::vector<http::Sample>& samples) {
        collect_anywhere(samples);
        collect_watch(samples);
        const std::scoped_lock lock(shop_samples_mutex);
        samples.insert(samples.end(), shop_samples.begin(), shop_samples.end());
    });
}

/// Beside those of selling.
void Shop::Parts::add_jobs() {
    scheduler.add(
        {"forget-baskets", milliseconds{60'000}, [this](ports::Fence fence) { return forget_baskets.run(fence); }});
    scheduler.add({"visitors", milliseconds{250}, [this](ports::Fence fence) { return visitors.run(std::move(fence)); },
                   Scheduler::Where::every_web});
    scheduler.add({"forget-unverified", milliseconds{60'000},
                   [this](ports::Fence fence) { return forget_unverified.run(std::move(fence)); }});
    scheduler.add({"images", milliseconds{500},
                   [this](ports::Fence fence) { return images_consumer.run(std::move(fence)); },
                   Scheduler::Where::every_worker});
    webhooks.add_jobs(scheduler, event_bus, event_memory);
}

void Shop::Parts::tell_products_changed(std::vector<domain::SkuCode> skus, std::uint64_t write) {
    shop_executor.soon([this, skus = std::move(skus), write] {
        for (const auto& sku : skus) near_caches.products.invalidate(http::product_surrogate(sku), write);
        cdns.products_changed(skus);
    });
}

void Shop::Parts::tell_sale_changed(SaleId sale) {
    shop_executor.soon([this, sale] { spawn(shop_executor, "sale.changed", refresh_board(&board, &line, sale)); });
}

Task<void> Shop::Parts::refresh_board(SaleBoard* board, StandInLine* line, SaleId sale) {
    co_await board->refresh();
    line->sale_changed(sale);
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

Task<void> Shop::Parts::drain_operators(http::Board* board, http::Server* server, boost::asio::io_context* io) {
    Executor& executor = co_await this_executor();
    board->stop();
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
    while (!(checkout.idle() && steps.idle() && line.ended()) && shop_executor.now() < deadline)
        co_await sleep_for(milliseconds{5});
    clean = answered && jobs_ended && checkout.idle();
    log::info("shop.drained", {{"clean", clean}});
    shop_io.stop();
}

Shop::Shop(const Config& config) : parts_(std::make_unique<Parts>(config)) {}

Shop::~Shop() {
    // Threads that work for suspended tasks end first, then the tasks, then what the tasks refer to.
    parts_->stores->stop();
    parts_->post.stop();
    parts_->cdns.stop();
    parts_->webhooks.stop();
    parts_->redis.stop();
    parts_->hashing.stop();
    parts_->operator_hashing.stop();
    parts_->chores.stop();
    parts_->parsing.stop();
    parts_->searching.stop();
    parts_->indexing.stop();
    parts_->pictures.stop();
    parts_->picture_work.stop();
    parts_->audit_job.stop();
    parts_->auditing.stop();
    parts_->shop_executor.shut_down();
    parts_->operator_executor.shut_down();
}

void Shop::Parts::hear_of_changes() {
    try {
        stores->hear("products", shop_executor, [this](const std::string& body) {
            if (const auto change = newest_change(body)) watched.heard(*change);
        });
    } catch (const std::runtime_error& refused) {
        // They are looked for all the same.
        log::warn("events.not_heard", {{"reason", refused.what()}});
    }
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
    spawn(parts.operator_executor, "board", parts.live_board.run());
    spawn(parts.operator_executor, "store.watch", parts.watch_store());
    if (parts.roles.contains("web")) parts.shop_server->start();

    const auto keep_shop = boost::asio::make_work_guard(parts.shop_io);
    std::thread operator_thread([&parts] { run_to_end(parts.operator_io); });
    pthread_setname_np(operator_thread.native_handle(), "operators");

    parts.signals.add(SIGTERM);
    parts.signals.add(SIGINT);
    parts.signals.async_wait([&parts](const boost::system::error_code& error, int) {
        if (!error) spawn(parts.shop_executor, "drain", parts.drain());
    });
    spawn(parts.shop_executor, "sale-board", parts.board.run(milliseconds{500}));
    // A worker alone neither serves lines nor keeps them going.
    if (parts.roles.contains("web") || parts.roles.contains("scheduler"))
        spawn(parts.shop_executor, "line", parts.line.run());
    if (parts.roles.contains("worker")) spawn(parts.shop_executor, "mailer", parts.mailer.run());
    if (shared_store(parts.config)) {
        spawn(parts.shop_executor, "sessions.follow", parts.session_cache.follow());
        parts.hear_of_changes();
        spawn(parts.shop_executor, "catalogue.follow", parts.watched.follow(kFollowEvery));
        spawn(parts.operator_executor, "operators.follow", parts.operators.follow(kFollowEvery));
    }
    parts.cdns.start(parts.shop_executor, parts.board);
    spawn(parts.shop_executor, "metrics", parts.publish_samples());
    spawn(parts.shop_executor, "search-follower", parts.search_follower.run());
    spawn(parts.shop_executor, "sessions", parts.session_cache.maintain());
    parts.scheduler.start(parts.shop_executor, {.web = parts.roles.contains("web"),
                                                .worker = parts.roles.contains("worker"),
                                                .scheduler = parts.roles.contains("scheduler")});
    parts.announce(first_password);
    run_to_end(parts.shop_io);

    spawn(parts.operator_executor, "drain",
          Parts::drain_operators(&parts.live_board, parts.operator_server.get(), &parts.operator_io));
    operator_thread.join();
    std::error_code ignored;
    fs::remove(parts.data / "admin.json", ignored);
    fs::remove(parts.data / "shop.json", ignored);
    return parts.clean ? 0 : 1;
}

}  // namespace marketday::cli
