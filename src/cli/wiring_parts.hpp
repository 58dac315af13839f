#pragma once

// The shop's parts, for the files wiring_*.cpp only: what lives, in which order it is built and ended.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include "adapters/embedded/sandbox_payment_gateway.hpp"
#include "adapters/embedded/vips_image_studio.hpp"
#include "adapters/embedded/xapian_search_index.hpp"
#include "base/async/asio_executor.hpp"
#include "base/log.hpp"
#include "base/server_clock.hpp"
#include "cli/addresses.hpp"
#include "cli/cache_settings.hpp"
#include "cli/secrets.hpp"
#include "cli/wiring.hpp"
#include "cli/wiring_capacity.hpp"
#include "cli/wiring_cdn.hpp"
#include "cli/wiring_engines.hpp"
#include "cli/wiring_settings.hpp"
#include "cli/wiring_stores.hpp"
#include "cli/wiring_webhooks.hpp"
#include "http/assets.hpp"
#include "http/audit_job.hpp"
#include "http/guests.hpp"
#include "http/metrics.hpp"
#include "http/pages/layout.hpp"
#include "http/server.hpp"
#include "http/session_positions.hpp"
#include "http/watch/board.hpp"
#include "http/watch/log_store.hpp"
#include "http/watch/order_traces.hpp"
#include "http/watch/readiness.hpp"
#include "http/watch/request_watch.hpp"
#include "usecases/accounts.hpp"
#include "usecases/accounts_mailer.hpp"
#include "usecases/accounts_rehearsal.hpp"
#include "usecases/browse.hpp"
#include "usecases/browse_shelves.hpp"
#include "usecases/capacity.hpp"
#include "usecases/customers.hpp"
#include "usecases/fill_basket.hpp"
#include "usecases/import.hpp"
#include "usecases/jobs_forgetting.hpp"
#include "usecases/operators.hpp"
#include "usecases/product_images.hpp"
#include "usecases/relay_images.hpp"
#include "usecases/search.hpp"
#include "usecases/search_follower.hpp"
#include "usecases/selling.hpp"
#include "usecases/sessions.hpp"
#include "usecases/shared_products.hpp"
#include "usecases/visitors.hpp"
#include "usecases/watched_catalogue.hpp"

namespace marketday::cli {

// Inside this one struct the short names of everything that a shop is made of.
using namespace usecases;  // NOLINT: a private header of wiring
using namespace adapters;  // NOLINT

http::TraceStore::Options trace_options(const Config& config);
/// Null when no collector is configured.
std::unique_ptr<http::TraceExport> trace_export_of(const Config& config);

/// Null when every read sees every write.
std::unique_ptr<http::SessionPositions> positions_of(const Config& config, Stores& stores, const Secrets& secrets);
http::pages::Site site_of(const Config& config, const ListenAddress& listen, const http::Assets& assets);

struct Shop::Parts {
    Config config;
    std::filesystem::path data;
    std::set<std::string> roles;
    ListenAddress listen;
    ListenAddress admin;
    ServerClock clock;
    SystemRandom random;
    UuidSource uuids{clock, random};
    std::string process = uuids.next(0).to_string();  // this one, from start to end
    http::LogStore logs{{}};                          // sees what everything below says

    // Threads and executors first: everything below hands work to them and must end before them.
    boost::asio::io_context shop_io{1};
    boost::asio::io_context operator_io{1};
    AsioExecutor shop_executor{shop_io};
    AsioExecutor operator_executor{operator_io};

    std::unique_ptr<Stores> stores;
    Secrets secrets{stores->secret()};
    SandboxPaymentGateway gateway;
    ThreadPool hashing;
    ThreadPool operator_hashing;
    ThreadPool chores;
    ThreadPool parsing;
    ThreadPool searching;
    ThreadPool indexing;
    ThreadPool auditing{{.name = "audit", .threads = 1, .waiting_max = 1}};
    ThreadPool picture_work{{.name = "studio", .threads = 1, .waiting_max = 32}};

    ports::OrderBook* order_book = &stores->order_book();
    ports::Accounts& accounts_store = stores->accounts();
    ports::Sessions& sessions_store = stores->sessions();
    ports::Operators& operators_store = stores->operators();
    ports::OperatorsLog& operators_log = stores->operators_log();
    ports::Catalogue& catalogue = stores->catalogue();
    ports::LineBook& line_book = stores->line_book();
    ports::PaymentJournal& payment_journal = stores->payment_journal();
    ports::Leases& leases = stores->leases();
    ports::EventBus& event_bus = stores->event_bus();
    ports::EventMemory& event_memory = stores->event_memory();
    ports::Statistics& statistics = stores->statistics();
    ports::Baskets& baskets = stores->baskets();
    Pictures pictures{config, data};
    VipsImageStudio image_studio{picture_work};
    Post post;
    ports::Mail& mail = post.port();
    XapianSearchIndex search_index;
    ShopRedis redis;
    ShopRankings shop_rankings;
    ports::Rankings& rankings = shop_rankings.port();

    Passwords passwords;
    Passwords operator_passwords;
    /// Nothing where no cache is shared.
    std::optional<SharedSessions> shared_sessions;
    std::optional<SharedProducts> shared_products;
    SessionCache session_cache;
    AccountsMailer mailer;
    Accounts accounts;
    Sessions sessions;
    Rehearsal rehearsal;
    Operators operators;
    Selling selling;
    // Short names of its parts.
    SaleBoard& board = selling.board;
    Checkout& checkout = selling.checkout;
    StandInLine& line = selling.line;
    StepLane& steps = selling.steps;
    Pay& pay = selling.pay;
    Fulfil& fulfil = selling.fulfil;
    ShopCalendar& calendar = selling.calendar;
    StatisticsUpkeep& statistics_upkeep = selling.statistics_upkeep;
    Scheduler& scheduler = selling.scheduler;
    // The operators' own: a lane belongs to one executor.
    StepLane operator_steps;
    Refunds operator_refunds;
    Fulfil operator_fulfil;
    ForgetUnverified forget_unverified{
        accounts_store, clock, {std::chrono::days{config.integer("accounts.forget_unverified_days")}}};
    Visitors visitors{statistics, clock, random, calendar, {}};
    Customers customers{accounts_store};
    clockid_t shop_thread_clock = clock_of_this_thread();  // the thread that makes a shop runs it
    Capacity capacity{[this] { return done_so_far(); },
                      [this] { return try_store(data); },
                      chores,
                      {.lane_depth_max = static_cast<std::size_t>(config.integer("checkout.lane_depth_max"))}};
    /// What the shop's thread keeps of the goods; told of what operators write through `watched`.
    Cdns cdns{config, clock};
    Webhooks webhooks{config, clock};
    http::NearCaches near_caches{near_cache_policies(config), clock, random};
    WatchedCatalogue watched{catalogue,
                             [this](auto skus, auto write) { tell_products_changed(std::move(skus), write); },
                             stores->history(), shared_products ? &*shared_products : nullptr};
    Browse browse{watched, *order_book};
    FillBasket basket{baskets, browse, *order_book,
                      board,   clock,  {.currency = terms_of(config).currency, .shipping = terms_of(config).shipping}};
    ForgetBaskets forget_baskets{baskets, clock, {}};
    http::Guests guests{
        session_cache, random, {.key = secrets.key_for("guest"), .cookie = {.secure = shoppers_use_tls(config)}}};
    Search search{search_index, browse, rankings, clock};
    SearchFollower search_follower{watched, search_index, {}, clock};
    /// Scripts and styles, of this version and of earlier ones.
    http::Assets assets{{.directory = data / "assets"}};
    http::pages::Site site{site_of(config, listen, assets)};
    std::unique_ptr<http::SessionPositions> positions{positions_of(config, *stores, secrets)};
    BrowseShelves shelves;
    ImageForms image_forms{pictures.port(), image_studio};
    ProductImages product_images{image_forms, shelves};
    FinishImages finish_images{image_forms, watched};
    Consumer images_consumer{
        event_bus, event_memory, clock, FinishImages::group(), FinishImages::types(), [this](ShopEvent event) {
            return finish_images.handle(std::move(event));
        }};
    Import import;

    http::Metrics metrics;
    // What only the shop's executor may read, told to the scraper as it was a second ago.
    std::mutex shop_samples_mutex;
    std::vector<http::Sample> shop_samples;
    http::TraceStore traces{trace_options(config)};
    http::OrderTraces order_traces;
    http::AuditJob audit_job{auditing, clock, database_name(config, data)};
    std::unique_ptr<http::TraceExport> trace_export{trace_export_of(config)};
    http::Board live_board{metrics, shop_executor, *order_book, clock};
    http::Readiness readiness;
    std::atomic<bool> search_is_level{false};  // the index has had all that the catalogue has, once
    std::atomic<bool> disk_is_full{false};
    std::atomic<std::uint64_t> disk_free_bytes{0};

    std::unique_ptr<http::Server> shop_server;
    std::unique_ptr<http::Server> operator_server;
    boost::asio::signal_set signals{shop_io};
    bool clean = true;

    explicit Parts(const Config& given);

    std::vector<http::Route> shop_routes();
    std::vector<http::Route> page_routes();
    void note_look(std::string_view sku, const http::ClientAddress& client);
    std::vector<http::Route> operator_routes();
    void build_servers();
    Capacity::Done done_so_far();
    void note_visitor(const http::Request& request, const http::Route* route, int status);
    void collect_anywhere(std::vector<http::Sample>& samples) const;
    void collect_on_shop(std::vector<http::Sample>& samples) const;
    void collect_watch(std::vector<http::Sample>& samples) const;
    void add_readiness_checks();
    Task<void> watch_store();
    Task<void> publish_samples();
    void add_jobs();
    void announce(const std::optional<std::string>& first_password);
    Task<void> begin_operators(std::optional<std::string>* first_password, bool* failed, Event* done);
    void hear_of_changes();
    Task<void> drain();
    void tell_sale_changed(SaleId sale);
    void tell_products_changed(std::vector<domain::SkuCode> skus, std::uint64_t write);
    static Task<void> refresh_board(SaleBoard* board, StandInLine* line, SaleId sale);
    static Task<void> drain_operators(http::Board* board, http::Server* server, boost::asio::io_context* io);
};

}  // namespace marketday::cli
