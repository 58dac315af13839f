#include "cli/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "base/assert.hpp"
#include "base/one_line.hpp"
#include "base/text.hpp"

namespace marketday::cli {
namespace {

using Kind = ConfigKey::Kind;

const ConfigKey* find_key(std::string_view name) {
    const auto& keys = config_keys();
    const auto found = std::ranges::find(keys, name, &ConfigKey::name);
    return found == keys.end() ? nullptr : &*found;
}

std::string unknown_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& key : config_keys()) names.push_back(key.name);
    const auto near = nearest(name, names);
    if (near.empty()) return fmt::format("unknown key \"{}\"; `marketday serve --print-config` lists all", name);
    return fmt::format("unknown key \"{}\"; did you mean \"{}\"?", name, near);
}

void check_value(const ConfigKey& key, std::string_view value) {
    if (key.kind == Kind::integer) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size())
            throw std::runtime_error(fmt::format("{} must be a whole number, not \"{}\"", key.name, value));
        if (number < key.min || number > key.max)
            throw std::runtime_error(fmt::format("{} must be {} to {}, not {}", key.name, key.min, key.max, value));
    } else if (key.kind == Kind::boolean && value != "true" && value != "false") {
        throw std::runtime_error(fmt::format("{} must be true or false, not \"{}\"", key.name, value));
    }
}

std::string environment_name(std::string_view key) {
    std::string name = "MARKETDAY_";
    for (const char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

constexpr std::ptrdiff_t kDepthMax = 4;  // of the keys of a file; settings have two levels

/// A value as text, a list joined by commas; nothing for whatever else YAML knows.
std::optional<std::string> scalar_or_list(const YAML::Node& node) {
    if (node.IsNull()) return std::string{};
    if (node.IsScalar()) return node.Scalar();
    if (!node.IsSequence()) return std::nullopt;
    std::string joined;
    for (const auto& item : node) {
        if (!item.IsScalar()) return std::nullopt;
        joined += (joined.empty() ? "" : ",") + item.Scalar();
    }
    return joined;
}

YAML::Node load(const std::string& path) {
    try {
        YAML::Node root = YAML::LoadFile(path);
        if (!root.IsNull() && !root.IsMap())
            throw std::runtime_error(fmt::format("{}: must be a map of keys to values", path));
        return root;
    } catch (const YAML::BadFile&) {
        throw std::runtime_error(fmt::format("cannot read {}; give --config an existing YAML file", path));
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(fmt::format("{}:{}: {}", path, error.mark.line + 1, error.msg));
    }
}

void take_map(Config& config, const std::string& path, const std::string& prefix, const YAML::Node& map) {
    for (const auto& entry : map) {
        const std::string place = fmt::format("{}:{}", path, entry.first.Mark().line + 1);
        if (!entry.first.IsScalar()) throw std::runtime_error(place + ": a key must be a name");
        const std::string name = prefix + entry.first.Scalar();
        // A map that holds itself (an anchor and its alias) has no end.
        if (entry.second.IsMap() && std::ranges::count(name, '.') >= kDepthMax)
            throw std::runtime_error(place + ": no setting is nested that deep");
        if (entry.second.IsMap()) {
            take_map(config, path, name + ".", entry.second);
            continue;
        }
        std::optional<std::string> value = scalar_or_list(entry.second);
        if (!value) throw std::runtime_error(fmt::format("{}: {} must be a single value", place, name));
        try {
            config.set(name, *value, place);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(fmt::format("{}: {}", place, error.what()));
        }
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table, one row a setting.
const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys{
        {"data", Kind::text, "", "the directory of everything that is kept"},
        {"database", Kind::text, "",
         "postgres://USER@HOST:PORT/NAME keeps everything but pictures and mail there; empty: a SQLite file in data"},
        {"database_replicas", Kind::list, "",
         "postgres://USER@HOST:PORT/NAME, several between commas: servers that stream from it and answer reads that "
         "need "
         "not be strict; empty: it answers all"},
        {"reads.lag_max_ms", Kind::integer, "1000",
         "how far a replica that answers may be behind, milliseconds; further behind, the database itself answers",
         1000, 60'000},
        {"database_pool.connections", Kind::integer, "8", "connections of this process for shoppers and jobs", 2, 1000},
        {"database_pool.operator_connections", Kind::integer, "2", "and for operators alone", 1, 100},
        {"database_pool.replica_connections", Kind::integer, "4",
         "and to each replica, beside one that asks how far it is", 1, 1000},
        {"database_pool.processes", Kind::integer, "1",
         "processes that share the database: the sum of their connections must fit in its max_connections", 1, 1000},
        {"database_pool.deadline_ms", Kind::integer, "8000",
         "of one piece of work with the database, the wait for a connection included, milliseconds", 100, 600'000},
        {"events", Kind::list, "",
         "nats://HOST:PORT, several between commas, tls://… with TLS: carries events to consumers; empty: the database "
         "does"},
        {"events_server.stream", Kind::text, "marketday", "name of the stream there, one for each shop"},
        {"events_server.replicas", Kind::integer, "1", "servers that keep each event: 1, or 3 of a cluster", 1, 5},
        {"events_server.tls_ca", Kind::text, "", "PEM file of who vouches for the servers; empty: the system's"},
        {"events_server.credentials_file", Kind::text, "", "a .creds file of NATS; empty: what the address says"},
        {"images", Kind::text, "",
         "s3://BUCKET or s3://BUCKET/PREFIX keeps the goods' pictures there, for all processes; empty: files in data"},
        {"images_server.endpoint", Kind::text, "https://s3.amazonaws.com",
         "where S3's API answers, https://HOST[:PORT]"},
        {"images_server.region", Kind::text, "us-east-1", "the region that requests are signed for"},
        {"images_server.access_key", Kind::text, "", "whose requests they are"},
        {"images_server.secret_key_file", Kind::text, "", "a file with the secret key in its first line"},
        {"images_server.tls_ca", Kind::text, "", "PEM file of who vouches for the server; empty: the system's"},
        {"images_server.within_ms", Kind::integer, "8000",
         "how long one call may take, waiting for its turn included, milliseconds", 100, 60'000},
        {"redis", Kind::list, "",
         "redis://[[USER]:PASSWORD@]HOST:PORT[/DATABASE], several between commas, rediss://… with TLS: rankings and a "
         "cache that all processes share; empty: each process has its own"},
        {"redis_server.sentinels", Kind::list, "",
         "redis://[[USER]:PASSWORD@]HOST:PORT, several between commas: Sentinels, which are asked for the primary; "
         "then "
         "redis names it, redis://NAME"},
        {"redis_server.prefix", Kind::text, "marketday", "begins the names of all keys there, one for each shop"},
        {"redis_server.within_ms", Kind::integer, "150", "how long an answer is waited for, milliseconds", 5, 10'000},
        {"redis_server.tls_ca", Kind::text, "", "PEM file of who vouches for the server; empty: the system's"},
        {"cdn.purge", Kind::list, "",
         "http://HOST:PORT, several between commas: CDNs that a worker tells what has changed, by PURGE with "
         "Surrogate-Key; empty: they keep what they have for as long as it may be kept"},
        {"webhooks.urls", Kind::list, "",
         "https://HOST/PATH, several between commas: told of what happens to orders and sales, as Standard Webhooks "
         "have it; empty: nobody is"},
        {"webhooks.events", Kind::list,
         "order.paid,order.shipped,order.delivered,order.cancelled,order.returned,order.refunded",
         "of what they are told"},
        {"webhooks.secret_file", Kind::text, "",
         "a file with the secret that notices are signed with, whsec_ and base64; one more a line while it is "
         "replaced"},
        {"webhooks.tls_ca", Kind::text, "", "PEM file of who vouches for them; empty: the system's"},
        {"webhooks.within_ms", Kind::integer, "15000", "how long an answer is waited for, milliseconds", 100, 60'000},
        {"mail.server", Kind::text, "",
         "smtp://HOST:PORT or smtps://HOST:PORT takes the letters; empty: files in the data directory"},
        {"mail.tls", Kind::text, "required", "STARTTLS with smtp://: required, offered (if the server has it) or none"},
        {"mail.tls_ca", Kind::text, "", "PEM file of who vouches for the server; empty: the system's"},
        {"mail.user", Kind::text, "", "who logs in there; empty: nobody"},
        {"mail.password_file", Kind::text, "", "a file with the password in its first line"},
        {"mail.sender", Kind::text, "shop@localhost", "the address that letters come from"},
        {"listen", Kind::text, "127.0.0.1:8080", "where shoppers connect, ADDR:PORT; port 0 picks a free one"},
        {"admin", Kind::text, "127.0.0.1:8081", "where operators connect, ADDR:PORT"},
        {"tls_cert", Kind::text, "", "PEM file of the certificate chain for the shop's address"},
        {"tls_key", Kind::text, "", "PEM file of its private key"},
        {"roles", Kind::list, "web,worker,scheduler", "what this process does"},
        {"public_url", Kind::text, "", "what mails link to; empty: made from listen"},
        {"log_level", Kind::text, "info", "debug, info, warn or error"},
        {"rehearsal", Kind::boolean, "false", "allows sessions to be made in bulk; never in a real shop"},
        {"shop.name", Kind::text, "Marketday", "what pages and mails call the shop"},
        {"shop.currency", Kind::text, "KRW", "the one currency of the shop (ISO 4217)"},
        {"shop.utc_offset_minutes", Kind::integer, "540",
         "how far the shop's clock, on pages and of days, is ahead of UTC, minutes; Korea and Japan 540", -720, 840},
        {"pages.asset_host", Kind::text, "",
         "where pages ask for scripts and styles first, such as https://cdn.example: PATH/assets/… is fetched from the "
         "shop's /assets/…; empty: of the shop"},
        {"pages.image_host", Kind::text, "", "the same for pictures, /images/…"},
        {"shipping.flat_minor", Kind::integer, "0", "the shipping fee of an order, minor units"},
        {"shipping.per_kg_minor", Kind::integer, "0", "and for every begun kilogram, minor units"},
        {"shipping.free_from_minor", Kind::integer, "0", "free from this worth of goods, minor units; 0: never"},
        {"checkout.hold_s", Kind::integer, "300", "how long an order holds its units unpaid, seconds", 5, 86'400},
        {"checkout.lane_depth_max", Kind::integer, "20000", "orders that may wait in one lane; past it 503", 1,
         1'000'000},
        {"checkout.lane_wait_max_ms", Kind::integer, "100",
         "while a lane is behind, who would wait longer is refused at once with 503, milliseconds; 0: nobody is", 0,
         60'000},
        {"checkout.batch_max", Kind::integer, "500", "orders of one commit, 1 to 1000", 1, 1000},
        {"checkout.batches_under_way", Kind::integer, "2", "commits under way at one time in one lane", 1, 64},
        {"payment.reconcile_after_s", Kind::integer, "5", "when the gateway is asked about a payment, seconds"},
        {"payment.sandbox_books", Kind::text, "",
         "the file of the sandbox bank's books, one for all processes of a shop; empty: sandbox-gateway.db in data"},
        {"store.cache_mib", Kind::integer, "32", "page cache of the store's writer, MiB", 1, 1'000'000},
        {"store.group_writes_max", Kind::integer, "512", "writes of one commit; 1 commits each alone", 1, 10'000},
        {"store.readers", Kind::integer, "2", "threads that read the store", 1, 256},
        {"cache.products.policy", Kind::text, "sieve",
         "who leaves the near cache of product answers first: lru, lfu, fifo or sieve"},
        {"cache.products.mib", Kind::integer, "16", "memory of that cache, MiB; 0: nothing is kept"},
        {"cache.products.ttl_s", Kind::integer, "60", "how long an answer is fresh, seconds"},
        {"cache.products.stale_s", Kind::integer, "30", "and then given while it is renewed, seconds"},
        {"cache.products.stale_if_error_s", Kind::integer, "600", "or while it cannot be renewed, seconds"},
        {"cache.searches.policy", Kind::text, "sieve",
         "who leaves the near cache of searches and categories first: lru, lfu, fifo or sieve"},
        {"cache.searches.mib", Kind::integer, "8", "memory of that cache, MiB; 0: nothing is kept"},
        {"cache.searches.ttl_s", Kind::integer, "5", "how long an answer is fresh, seconds"},
        {"cache.searches.stale_s", Kind::integer, "10", "and then given while it is renewed, seconds"},
        {"cache.searches.stale_if_error_s", Kind::integer, "60", "or while it cannot be renewed, seconds"},
        {"cache.sales.policy", Kind::text, "lru",
         "who leaves the near cache of the list of sales first: lru, lfu, fifo or sieve"},
        {"cache.sales.mib", Kind::integer, "1", "memory of that cache, MiB; 0: nothing is kept"},
        {"cache.sales.ttl_s", Kind::integer, "1", "how long an answer is fresh, seconds"},
        {"cache.sales.stale_s", Kind::integer, "0", "and then given while it is renewed, seconds"},
        {"cache.sales.stale_if_error_s", Kind::integer, "60", "or while it cannot be renewed, seconds"},
        {"cache.stock.policy", Kind::text, "lru", "who leaves the near cache of stock first: lru, lfu, fifo or sieve"},
        {"cache.stock.mib", Kind::integer, "2", "memory of that cache, MiB; 0: nothing is kept"},
        {"cache.stock.ttl_s", Kind::integer, "1", "how long an answer is fresh, seconds"},
        {"cache.stock.stale_s", Kind::integer, "0", "and then given while it is renewed, seconds"},
        {"cache.stock.stale_if_error_s", Kind::integer, "0", "or while it cannot be renewed, seconds"},
        {"cache.sessions_mib", Kind::integer, "64", "sessions that are kept in memory, MiB; all are in the store", 1,
         1'000'000},
        {"cache.ttl_jitter_percent", Kind::integer, "10",
         "a time to live is shortened by up to this much by chance, percent"},
        {"accounts.hash_threads", Kind::integer, "1", "threads that hash passwords", 1, 256},
        {"accounts.hash_memory_kib", Kind::integer, "19456",
         "memory of one argon2id hash, KiB; OWASP's minimum is 19456"},
        {"accounts.hash_passes", Kind::integer, "2", "passes of one argon2id hash; OWASP's minimum is 2"},
        {"accounts.forget_unverified_days", Kind::integer, "30",
         "accounts whose address was not verified are forgotten after this, days; 0: never", 0, 3650},
        {"http.connections_max", Kind::integer, "0", "open connections; 0: from the descriptor limit"},
        {"http.idle_timeout_s", Kind::integer, "75", "an idle connection is closed after this, seconds", 1, 86'400},
        {"http.request_timeout_s", Kind::integer, "10", "the deadline of a request, seconds", 1, 600},
        {"http.unread_max_ms", Kind::integer, "60",
         "while requests wait longer than this to be read, orders are refused at once with 503, milliseconds; 0: never",
         0, 60'000},
        {"http.hsts_days", Kind::integer, "365",
         "how long browsers come by TLS alone once they did (Strict-Transport-Security), days; 0: not told", 0, 730},
        {"http.proxy_protocol", Kind::boolean, "false", "every connection begins with a PROXY v2 header"},
        {"http.trusted_proxies", Kind::list, "", "networks whose PROXY and Forwarded headers are believed"},
        {"trace.slow_ms", Kind::integer, "250",
         "a request that takes as long is kept with its spans, milliseconds; 0: any", 0, 3'600'000},
        {"trace.otlp_url", Kind::text, "",
         "a collector's address (OTLP/HTTP), such as http://127.0.0.1:4318/v1/traces; empty: traces are not exported"},
        {"trace.sample_percent", Kind::integer, "1",
         "of the requests that are neither slow nor failed, exported, percent", 0, 100},
        {"line.joins_per_address", Kind::integer, "10000", "tickets one network address may take in a sale"},
    };
    return keys;
}

Config::Config() {
    for (const auto& key : config_keys()) values_[std::string{key.name}].text = key.initial;
}

void Config::set(std::string_view name, std::string_view value, std::string_view source) {
    const ConfigKey* key = find_key(name);
    if (key == nullptr) throw std::runtime_error(unknown_key(name));
    check_value(*key, value);
    auto& known = values_.find(name)->second;
    known.text = value;
    known.source = source;
}

void Config::read_file(const std::string& path) {
    try {
        take_map(*this, path, "", load(path));
    } catch (const std::runtime_error& refused) {
        // It quotes the file, which may be any file.
        throw std::runtime_error(one_line(refused.what()));
    }
}

void Config::read_environment(const char* const* environment) {
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry{*environment};
        if (!entry.starts_with("MARKETDAY_")) continue;
        const auto equals = entry.find('=');
        const auto name = entry.substr(0, equals);
        // The operator's commands have settings of their own, not the server's.
        if (name == "MARKETDAY_OPERATOR_TOKEN") continue;
        const auto& keys = config_keys();
        const auto key =
            std::ranges::find_if(keys, [&](const ConfigKey& k) { return environment_name(k.name) == name; });
        if (key == keys.end()) {
            std::vector<std::string> texts;
            for (const auto& known : keys) texts.push_back(environment_name(known.name));
            const std::vector<std::string_view> names(texts.begin(), texts.end());
            throw std::runtime_error(
                fmt::format("unknown environment variable {}; the nearest is {}", name, nearest(name, names)));
        }
        set(key->name, entry.substr(equals + 1), name);
    }
}

const std::string& Config::text(std::string_view name) const {
    const auto found = values_.find(name);
    MD_ASSERT(found != values_.end());
    return found->second.text;
}

const std::string& Config::source(std::string_view name) const {
    const auto found = values_.find(name);
    MD_ASSERT(found != values_.end());
    return found->second.source;
}

std::int64_t Config::integer(std::string_view name) const { return std::stoll(text(name)); }
bool Config::boolean(std::string_view name) const { return text(name) == "true"; }

std::vector<std::string> Config::list(std::string_view name) const {
    std::vector<std::string> items;
    std::string_view rest = text(name);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto item = rest.substr(0, comma);
        if (!item.empty()) items.emplace_back(item);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return items;
}

std::string Config::print() const {
    std::string out;
    for (const auto& key : config_keys()) {
        const auto& value = values_.find(key.name)->second;
        fmt::format_to(std::back_inserter(out), "{:<34} {:<24} # {} ({})\n", fmt::format("{}:", key.name),
                       value.text.empty() ? "\"\"" : without_passwords(key.name, value.text), key.meaning,
                       value.source);
    }
    return out;
}

static std::string without_password_each(std::string_view urls) {
    std::string shown;
    while (!urls.empty()) {
        const auto url = urls.substr(0, urls.find(','));
        shown += (shown.empty() ? "" : ",") + without_password(std::string{url});
        urls.remove_prefix(std::min(urls.size(), url.size() + 1));
    }
    return shown;
}

std::string without_passwords(std::string_view key, std::string value) {
    if (key == "database") return without_password(std::move(value));
    if (key == "database_replicas") return without_password_each(value);
    if (key != "events" && key != "redis" && key != "redis_server.sentinels") return value;
    // Before the @ of an address there may be a token without a name.
    for (auto at = value.find('@'); at != std::string::npos; at = value.find('@', at + 1)) {
        const auto begin = value.rfind("://", at);
        if (begin == std::string::npos) continue;
        value.replace(begin + 3, at - begin - 3, "•••");
        at = value.find('@', begin);
    }
    return value;
}

std::string without_password(std::string url) {
    const auto begin = url.find("://");
    if (begin == std::string::npos) return url;
    const auto authority = begin + 3;
    const auto end = url.find_first_of("/?", authority);
    const auto at = url.rfind('@', end == std::string::npos ? end : end - 1);
    const auto colon = url.find(':', authority);
    if (at != std::string::npos && at > authority && colon < at) url.replace(colon + 1, at - colon - 1, "•••");
    // libpq takes it as a parameter too.
    const auto parameter = url.find("password=");
    if (parameter != std::string::npos) {
        const auto value = parameter + 9;
        const auto next = url.find('&', value);
        url.replace(value, next == std::string::npos ? next : next - value, "•••");
    }
    return url;
}

}  // namespace marketday::cli
