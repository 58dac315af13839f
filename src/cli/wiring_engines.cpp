#include "cli/wiring_engines.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "cli/wiring_settings.hpp"

namespace marketday::cli {

using Kind = http::Sample::Kind;

void check_engines(const Config& config) {
    if (!config.text("events").empty() && config.text("database").empty())
        throw std::runtime_error(
            "events needs database: postgres://…, which keeps the outbox that is carried; a shop on a SQLite file has "
            "one "
            "process and carries its events itself");
    const auto replicas = config.list("database_replicas");
    if (!replicas.empty() && config.text("database").empty())
        throw std::runtime_error(
            "database_replicas needs database: postgres://…, which they are copies of; a SQLite file has none");
    for (const auto& replica : replicas)
        if (!replica.starts_with("postgres://") && !replica.starts_with("postgresql://"))
            throw std::runtime_error(
                "database_replicas must be postgres://USER@HOST:PORT/NAME, several between commas");
}

std::optional<adapters::NatsEventBus::Options> nats_options(const Config& config) {
    const auto servers = config.list("events");
    if (servers.empty()) return std::nullopt;
    for (const auto& server : servers)
        if (!server.starts_with("nats://") && !server.starts_with("tls://"))
            throw std::runtime_error("events must be nats://HOST:PORT or tls://HOST:PORT, several between commas");
    adapters::NatsEventBus::Options options;
    options.connection.servers = servers;
    options.connection.tls_ca = config.text("events_server.tls_ca");
    options.connection.credentials = config.text("events_server.credentials_file");
    options.stream = config.text("events_server.stream");
    options.replicas = config.integer("events_server.replicas");
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (options.stream.empty() || options.stream.size() > 64 || !std::ranges::all_of(options.stream, plain))
        throw std::runtime_error("events_server.stream must be 1 to 64 letters, digits, - and _");
    return options;
}

void collect_event_bus(const adapters::NatsEventBus& bus, std::vector<http::Sample>& samples) {
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
        samples.push_back({kind, name, help, {}, value});
    };
    const auto& figures = bus.figures();
    const auto count = [](const std::atomic<std::uint64_t>& figure) { return static_cast<double>(figure.load()); };
    add(Kind::gauge, "marketday_events_connected", "Whether a NATS server is connected", bus.connected() ? 1 : 0);
    add(Kind::counter, "marketday_events_reconnects_total", "Connections to NATS that were made again",
        static_cast<double>(bus.reconnects()));
    add(Kind::counter, "marketday_events_published_total", "Messages that the stream took", count(figures.published));
    add(Kind::counter, "marketday_events_delivered_total", "Messages that the stream gave to consumers here",
        count(figures.delivered));
    add(Kind::counter, "marketday_events_heard_total", "Messages heard of changes of goods", count(figures.heard));
    add(Kind::counter, "marketday_events_set_aside_total", "Messages set aside in the database after a failed delivery",
        count(figures.set_aside));
    add(Kind::counter, "marketday_events_oversized_total", "Messages larger than NATS takes, carried by the database",
        count(figures.oversized));
    add(Kind::counter, "marketday_events_failures_total", "Requests that NATS did not answer or refused",
        count(figures.failures));
    add(Kind::counter, "marketday_events_streams_begun_total",
        "Streams that were not there, begun with everything that the outbox keeps", count(figures.begun_anew));
}

ShopRedis::ShopRedis(const Config& config) {
    if (config.list("redis").empty()) return;
    client_ = std::make_unique<adapters::RedisClient>(
        adapters::RedisClient::Options{.servers = config.list("redis"),
                                       .sentinels = config.list("redis_server.sentinels"),
                                       .tls_ca = config.text("redis_server.tls_ca"),
                                       .within = milliseconds{config.integer("redis_server.within_ms")}});
    if (shared_store(config))
        cache_ = std::make_unique<adapters::RedisSharedCache>(
            *client_, adapters::RedisSharedCache::Options{.prefix = config.text("redis_server.prefix")});
}

ShopRankings::ShopRankings(const Config& config, const ShopRedis& redis, const Clock& clock) : own_({}, clock) {
    if (redis.client() == nullptr) return;
    of_all_ = std::make_unique<adapters::RedisRankings>(
        *redis.client(), adapters::RedisRankings::Options{.prefix = config.text("redis_server.prefix")}, clock);
    shared_ = std::make_unique<usecases::SharedRankings>(*of_all_, own_);
}

void ShopRedis::collect(std::vector<http::Sample>& samples) const {
    if (!client_) return;
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
        samples.push_back({kind, name, help, {}, value});
    };
    const auto& figures = client_->figures();
    const auto count = [](const std::atomic<std::uint64_t>& figure) { return static_cast<double>(figure.load()); };
    add(Kind::gauge, "marketday_redis_connected", "Whether a Redis server is connected", figures.connected ? 1 : 0);
    add(Kind::counter, "marketday_redis_connects_total", "Connections made", count(figures.connects));
    add(Kind::counter, "marketday_redis_commands_total", "Commands that were to be sent", count(figures.commands));
    add(Kind::counter, "marketday_redis_refused_total", "Commands refused at once, without a server that answers",
        count(figures.refused));
    add(Kind::counter, "marketday_redis_lost_total", "Commands sent and not answered in time", count(figures.lost));
    add(Kind::counter, "marketday_redis_errors_total", "Commands answered with an error", count(figures.errors));
}

/// The first line of the file that a setting names; empty without one.
static std::string secret_in(const Config& config, std::string_view key) {
    const std::string& path = config.text(key);
    std::string secret;
    if (path.empty()) return secret;
    std::ifstream file{path};
    if (!std::getline(file, secret) || secret.empty())
        throw std::runtime_error(fmt::format("{}: cannot read a secret from the first line of {}", key, path));
    return secret;
}

static adapters::S3Images::Options bucket_options(const Config& config) {
    constexpr std::string_view kScheme = "s3://";
    std::string_view place = config.text("images");
    if (!place.starts_with(kScheme))
        throw std::runtime_error(fmt::format("images must be s3://BUCKET or s3://BUCKET/PREFIX, not \"{}\"", place));
    place.remove_prefix(kScheme.size());
    while (place.ends_with('/')) place.remove_suffix(1);
    const auto slash = place.find('/');
    adapters::S3Images::Options options;
    options.endpoint = config.text("images_server.endpoint");
    options.region = config.text("images_server.region");
    options.bucket = place.substr(0, slash);
    options.prefix = slash == std::string_view::npos ? "" : place.substr(slash + 1);
    options.access_key = config.text("images_server.access_key");
    options.secret_key = secret_in(config, "images_server.secret_key_file");
    options.tls_ca = config.text("images_server.tls_ca");
    options.within = milliseconds{config.integer("images_server.within_ms")};
    return options;
}

Pictures::Pictures(const Config& config, const std::filesystem::path& data)
    : threads_({.name = "images", .threads = config.text("images").empty() ? 1U : 4U, .waiting_max = 1024}) {
    if (config.text("images").empty())
        files_ = std::make_unique<adapters::FileImages>(threads_,
                                                        adapters::FileImages::Options{.directory = data / "images"});
    else
        bucket_ = std::make_unique<adapters::S3Images>(threads_, bucket_options(config));
}

void Pictures::collect(std::vector<http::Sample>& samples) const {
    if (!bucket_) return;
    const auto add = [&samples](const char* name, const char* help, const std::atomic<std::uint64_t>& figure) {
        samples.push_back({Kind::counter, name, help, {}, static_cast<double>(figure.load())});
    };
    add("marketday_images_requests_total", "Requests to the bucket of pictures", bucket_->figures().requests);
    add("marketday_images_failed_total", "Those not answered, or not as asked", bucket_->figures().failed);
}

static adapters::SmtpMail::Tls mail_tls(const Config& config) {
    using Tls = adapters::SmtpMail::Tls;
    const std::string& tls = config.text("mail.tls");
    if (tls == "required") return Tls::required;
    if (tls == "offered") return Tls::offered;
    if (tls == "none") return Tls::none;
    throw std::runtime_error(fmt::format("mail.tls must be required, offered or none, not \"{}\"", tls));
}

Post::Post(const Config& config, const std::filesystem::path& data) {
    const std::string& sender = config.text("mail.sender");
    const std::string& name = config.text("shop.name");
    if (config.text("mail.server").empty()) {
        files_ = std::make_unique<adapters::FileMail>(
            thread_, adapters::FileMail::Options{.directory = data / "mail", .sender = sender, .sender_name = name});
        return;
    }
    adapters::SmtpMail::Options options;
    options.server = config.text("mail.server");
    options.tls = mail_tls(config);
    options.tls_ca = config.text("mail.tls_ca");
    options.user = config.text("mail.user");
    options.password = secret_in(config, "mail.password_file");
    options.sender = sender;
    options.sender_name = name;
    smtp_ = std::make_unique<adapters::SmtpMail>(thread_, options);
}

void Post::collect(std::vector<http::Sample>& samples) const {
    if (!smtp_) return;
    const auto add = [&samples](const char* name, const char* help, const std::atomic<std::uint64_t>& figure) {
        samples.push_back({Kind::counter, name, help, {}, static_cast<double>(figure.load())});
    };
    add("marketday_mail_handed_over_total", "Letters that the server took", smtp_->figures().handed_over);
    add("marketday_mail_refused_total", "Letters that the server will never take", smtp_->figures().refused);
    add("marketday_mail_failed_total", "Tries that are to be repeated", smtp_->figures().failed);
}

}  // namespace marketday::cli
