#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/distributed/nats_event_bus.hpp"
#include "adapters/distributed/redis_client.hpp"
#include "adapters/distributed/redis_rankings.hpp"
#include "adapters/distributed/redis_shared_cache.hpp"
#include "adapters/distributed/s3_images.hpp"
#include "adapters/distributed/smtp_mail.hpp"
#include "adapters/embedded/file_images.hpp"
#include "adapters/embedded/file_mail.hpp"
#include "adapters/embedded/memory_rankings.hpp"
#include "cli/config.hpp"
#include "http/metrics.hpp"
#include "usecases/shared_rankings.hpp"

namespace marketday::cli {

// Engines beside the database: what their settings say, and their figures. Each throws std::runtime_error with one line
// that names the key and says what it takes.

/// Whether engines are named that need another beside them.
void check_engines(const Config& config);
/// Nothing when the setting `events` is empty.
std::optional<adapters::NatsEventBus::Options> nats_options(const Config& config);
void collect_event_bus(const adapters::NatsEventBus& bus, std::vector<http::Sample>& samples);

/// What all processes of a shop have in common besides the database: nothing, or, with the setting `redis`, a server.
class ShopRedis {
public:
    explicit ShopRedis(const Config& config);
    /// Null without one.
    adapters::RedisClient* client() const { return client_.get(); }
    /// Null without one, and for a shop that is one process.
    ports::SharedCache* cache() const { return cache_.get(); }
    void stop() {
        if (client_) client_->stop();
    }
    void collect(std::vector<http::Sample>& samples) const;

private:
    std::unique_ptr<adapters::RedisClient> client_;
    std::unique_ptr<adapters::RedisSharedCache> cache_;
};

/// Rankings of this process, or, with Redis, of all processes.
class ShopRankings {
public:
    ShopRankings(const Config& config, const ShopRedis& redis, const Clock& clock);
    ports::Rankings& port() { return shared_ ? static_cast<ports::Rankings&>(*shared_) : own_; }

private:
    adapters::MemoryRankings own_;
    std::unique_ptr<adapters::RedisRankings> of_all_;
    std::unique_ptr<usecases::SharedRankings> shared_;
};

/// Pictures as files of the data directory, or, with the setting `images`, in a bucket.
class Pictures {
public:
    Pictures(const Config& config, const std::filesystem::path& data);
    ports::Images& port() { return bucket_ ? static_cast<ports::Images&>(*bucket_) : *files_; }
    void stop() { threads_.stop(); }
    void collect(std::vector<http::Sample>& samples) const;

private:
    // A disk answers one after the other; a server far away does not.
    ThreadPool threads_;
    std::unique_ptr<adapters::FileImages> files_;
    std::unique_ptr<adapters::S3Images> bucket_;
};

/// Letters as files of the data directory, or, with the setting `mail.server`, handed over to a server.
class Post {
public:
    Post(const Config& config, const std::filesystem::path& data);
    ports::Mail& port() { return smtp_ ? static_cast<ports::Mail&>(*smtp_) : *files_; }
    void stop() { thread_.stop(); }
    void collect(std::vector<http::Sample>& samples) const;

private:
    ThreadPool thread_{{.name = "mail", .threads = 1, .waiting_max = 1024}};
    std::unique_ptr<adapters::FileMail> files_;
    std::unique_ptr<adapters::SmtpMail> smtp_;
};

}  // namespace marketday::cli
