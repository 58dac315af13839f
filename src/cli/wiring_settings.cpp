#include "cli/wiring_settings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::cli {

namespace fs = std::filesystem;
using namespace usecases;
using namespace adapters;

/// A line whose leader is dead calls nobody for so long; its shoppers wait.
constexpr milliseconds kLineLease{4'000};

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

bool shared_store(const Config& config) { return !config.text("database").empty(); }

usecases::Operators::Options operators_options(const Config& config, const Hash256& second_factor_key) {
    usecases::Operators::Options options;
    options.second_factor_key = second_factor_key;
    // Read again all the time; while that fails, what is known holds for a moment.
    if (shared_store(config)) options.fresh_for = seconds{5};
    return options;
}

fs::path sandbox_books(const Config& config, const fs::path& data) {
    const std::string& given = config.text("payment.sandbox_books");
    return given.empty() ? data / "sandbox-gateway.db" : fs::path{given};
}

domain::PasswordCost password_cost(const Config& config) {
    const std::int64_t memory_kib = config.integer("accounts.hash_memory_kib");
    const std::int64_t passes = config.integer("accounts.hash_passes");
    if (memory_kib < 8 || memory_kib > 4 * 1024 * 1024 || passes < 1 || passes > 1000)
        throw std::runtime_error("accounts.hash_memory_kib must be 8 to 4194304, accounts.hash_passes 1 to 1000");
    return {.memory_kib = static_cast<std::uint32_t>(memory_kib), .passes = static_cast<std::uint32_t>(passes)};
}

static Checkout::Options checkout_options(const Config& config, const Hash256& admission_key) {
    Checkout::Options options;
    options.hold = seconds{config.integer("checkout.hold_s")};
    options.lane.depth_max = static_cast<std::size_t>(config.integer("checkout.lane_depth_max"));
    options.lane.wait_max = milliseconds{config.integer("checkout.lane_wait_max_ms")};
    options.lane.batch_max = static_cast<std::size_t>(config.integer("checkout.batch_max"));
    options.lane.batches_under_way = static_cast<std::size_t>(config.integer("checkout.batches_under_way"));
    options.admission_key = admission_key;
    if (options.lane.batch_max < 1 || options.lane.batch_max > ports::OrderBook::kBatchOrdersMax)
        throw std::runtime_error("checkout.batch_max must be 1 to 1000");
    return options;
}

/// How many days the business figures are counted again: those whose accounts are all still there.
static std::int64_t recounted_days(const Config& config) {
    constexpr std::int64_t kDaysMax = 35;
    const std::int64_t kept = config.integer("accounts.forget_unverified_days");
    return kept == 0 ? kDaysMax : std::clamp<std::int64_t>(kept - 1, 1, kDaysMax);
}

/// Under which name this process holds leases: the only one of a SQLite file is always the same; of several that share
/// a database each has a data directory of its own.
static std::string holder_of(const Config& config) {
    if (config.text("database").empty()) return "embedded";
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const Hash256 hash = blake2b(fmt::format("{}:{}", host.data(), fs::absolute(config.text("data")).string()));
    return to_hex(std::span{hash}.first(16));
}

usecases::Selling::Options selling_options(const Config& config, const Hash256& admission_key,
                                           const std::string& process) {
    usecases::Selling::Options options;
    options.checkout = checkout_options(config, admission_key);
    options.line.admission_key = admission_key;
    options.line.address_limits.joins_burst = static_cast<double>(config.integer("line.joins_per_address"));
    options.reconcile.after = seconds{config.integer("payment.reconcile_after_s")};
    options.statistics.days = recounted_days(config);
    options.scheduler.holder = holder_of(config);
    options.line.holder = options.scheduler.holder;
    if (shared_store(config)) {
        options.line.process = process;
        options.line.lease_length = kLineLease;
    }
    options.utc_offset = std::chrono::minutes{config.integer("shop.utc_offset_minutes")};
    options.shop_name = config.text("shop.name");
    return options;
}

usecases::SessionCache::Options session_cache_options(const Config& config) {
    usecases::SessionCache::Options options;
    options.bytes_max = static_cast<std::size_t>(config.integer("cache.sessions_mib")) << 20;
    return options;
}

http::ServerOptions shop_server_options(const Config& config, const ListenAddress& listen) {
    http::ServerOptions options;
    options.address = listen.address;
    options.port = listen.port;
    if (!config.text("tls_cert").empty()) options.tls = http::TlsFiles{config.text("tls_cert"), config.text("tls_key")};
    options.limits.connections_max = static_cast<std::size_t>(config.integer("http.connections_max"));
    options.limits.idle_timeout = seconds{config.integer("http.idle_timeout_s")};
    options.limits.request_timeout = seconds{config.integer("http.request_timeout_s")};
    options.limits.unread_max = milliseconds{config.integer("http.unread_max_ms")};
    options.proxy_protocol = config.boolean("http.proxy_protocol");
    if (shoppers_use_tls(config)) options.strict_transport = std::chrono::days{config.integer("http.hsts_days")};
    for (const auto& network : config.list("http.trusted_proxies")) {
        const auto parsed = http::Network::parse(network);
        if (!parsed)
            throw std::runtime_error(
                fmt::format("http.trusted_proxies takes networks such as 10.0.0.0/8, not \"{}\"", network));
        options.trusted_proxies.push_back(*parsed);
    }
    return options;
}

bool shoppers_use_tls(const Config& config) {
    return !config.text("tls_cert").empty() || config.text("public_url").starts_with("https://");
}

std::string other_host(const Config& config, std::string_view key) {
    std::string url = config.text(key);
    while (url.ends_with('/')) url.pop_back();
    if (url.empty()) return url;
    // It stands in headers and in lists between spaces, so it holds nothing that could end its place there.
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~:/[]"}.find(c) != std::string_view::npos;
    };
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    if (scheme == 0 || url.size() == scheme || url[scheme] == '/' || !std::ranges::all_of(url, plain))
        throw std::runtime_error(
            fmt::format("{} must be an address such as https://cdn.example/shop, not \"{}\"", key, config.text(key)));
    if (shoppers_use_tls(config) && scheme != 8)
        throw std::runtime_error(
            fmt::format("{} must begin with https://: browsers show nothing else on pages that came by TLS", key));
    return url;
}

std::string public_url(const Config& config, const ListenAddress& listen) {
    const std::string& given = config.text("public_url");
    return given.empty() ? url_of(listen, listen.port, !config.text("tls_cert").empty()) : given;
}

std::vector<http::Setting> settings_to_show(const Config& config) {
    std::vector<http::Setting> settings;
    for (const ConfigKey& key : config_keys()) {
        std::string value = config.text(key.name);
        // Tokens and passwords of other systems come in settings of these names.
        constexpr std::array<std::string_view, 4> kSecret{"password", "secret", "token", "headers"};
        const bool secret = std::ranges::any_of(kSecret, [&key](std::string_view word) {
            return key.name.substr(key.name.rfind('.') + 1).find(word) != std::string_view::npos;
        });
        if (secret && !value.empty()) value = "••••••";
        value = without_passwords(key.name, std::move(value));
        settings.push_back({.key = std::string{key.name},
                            .value = std::move(value),
                            .initial = std::string{key.initial},
                            .source = config.source(key.name),
                            .help = std::string{key.meaning}});
    }
    return settings;
}

}  // namespace marketday::cli
