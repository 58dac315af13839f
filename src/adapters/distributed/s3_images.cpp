#include "adapters/distributed/s3_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "adapters/distributed/s3_request.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using ports::Images;
using Method = S3Server::Request::Method;
template <class T>
using Outcome = Result<T, Images::Error>;

Instant now() { return std::chrono::steady_clock::now(); }

/// What did not find room in the queue did not happen.
template <class T>
Outcome<T> flatten(Result<Outcome<T>, Busy> done) {
    if (!done) return fail(Images::Error::unavailable);
    return std::move(*done);
}

bool is_bucket(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return text.size() >= 3 && text.size() <= 63 && std::ranges::all_of(text, plain) && text.front() != '.';
}

}  // namespace

/// The calls, each waiting for its answers.
class S3Images::Bucket {
public:
    Bucket(Options options, Figures& figures)
        : root_("/" + options.bucket),
          prefix_(options.prefix.empty() ? "" : options.prefix + "/"),
          files_per_answer_(options.files_per_answer),
          figures_(figures),
          server_({.endpoint = std::move(options.endpoint),
                   .region = std::move(options.region),
                   .access_key = std::move(options.access_key),
                   .secret_key = std::move(options.secret_key),
                   .tls_ca = std::move(options.tls_ca)}) {}

    Outcome<std::monostate> put(const Name& name, const std::string& bytes, Instant until) {
        // For servers that do not know of conditions, and to spare the upload.
        const auto there = ask({.method = Method::head, .path = path_of(name.sku, name.file)}, until);
        if (there.status == 200) return std::monostate{};
        if (there.status != 404) return fail(failed("head", there, false));
        auto answer = put_object(name, bytes, conditions_known_, until);
        if (answer.status == 501 && conditions_known_.exchange(false)) answer = put_object(name, bytes, false, until);
        if (answer.status == 200 || answer.status == 412) return std::monostate{};
        return fail(failed("put", answer, true));
    }

    Outcome<std::optional<Bytes>> get(const Name& name, Instant until) {
        auto answer = ask({.method = Method::get, .path = path_of(name.sku, name.file)}, until);
        if (answer.status == 404 && answer.reason != "NoSuchBucket") return std::nullopt;
        if (answer.status != 200) return fail(failed("get", answer, false));
        return std::optional<Bytes>{std::make_shared<const std::string>(std::move(answer.body))};
    }

    Outcome<std::vector<std::string>> list(const domain::SkuCode& sku, Instant until) {
        std::vector<std::string> files;
        std::string next;
        do {
            std::string query = next.empty() ? "" : "continuation-token=" + encoded_value(next) + "&";
            query +=
                fmt::format("list-type=2&max-keys={}&prefix=", files_per_answer_) + encoded_value(prefix_ + sku + "/");
            const auto answer = ask({.method = Method::get, .path = root_, .query = std::move(query)}, until);
            if (answer.status != 200) return fail(failed("list", answer, false));
            for (const auto& key : s3_texts(answer.body, "Key")) {
                std::string file = key.substr(key.rfind('/') + 1);
                if (is_file(file)) files.push_back(std::move(file));
            }
            const auto more = s3_texts(answer.body, "NextContinuationToken");
            next = more.empty() ? std::string{} : more.front();
        } while (!next.empty());
        std::ranges::sort(files);
        return files;
    }

    Outcome<std::monostate> remove(const domain::SkuCode& sku, const std::vector<std::string>& files, Instant until) {
        bool some = false;
        for (const auto& file : files) {
            const auto answer = ask({.method = Method::remove, .path = path_of(sku, file)}, until);
            const bool gone = answer.status == 204 || answer.status == 200 ||
                              (answer.status == 404 && answer.reason != "NoSuchBucket");
            if (!gone) {
                const auto error = failed("delete", answer, true);
                return fail(some ? Error::outcome_unknown : error);
            }
            some = true;
        }
        return std::monostate{};
    }

private:
    std::string path_of(const domain::SkuCode& sku, const std::string& file) const {
        return root_ + "/" + s3_encoded(prefix_ + sku + "/" + file);
    }
    S3Server::Answer put_object(const Name& name, const std::string& bytes, bool only_if_absent, Instant until) {
        return ask({.method = Method::put,
                    .path = path_of(name.sku, name.file),
                    .body = bytes,
                    .only_if_absent = only_if_absent},
                   until);
    }
    static std::string encoded_value(std::string_view text) {
        std::string made;
        for (const char c : s3_encoded(text)) made += c == '/' ? std::string{"%2F"} : std::string{c};
        return made;
    }
    /// Whoever waited for a thread until nobody waits for him any more is not asked for.
    S3Server::Answer ask(S3Server::Request request, Instant until) {
        request.within = std::chrono::duration_cast<milliseconds>(until - now());
        if (request.within <= milliseconds{0}) return {.sent = false, .reason = "no time left: too many wait"};
        ++figures_.requests;
        return server_.ask(request);
    }
    /// `changes`: it may have been done although nobody said so.
    Images::Error failed(std::string_view what, const S3Server::Answer& answer, bool changes) {
        ++figures_.failed;
        log::error("images.not_reached", {{"what", what}, {"status", answer.status}, {"reason", answer.reason}});
        // 503 is S3's way to say that it did not begin.
        const bool open = answer.status == 0 ? answer.sent : answer.status >= 500 && answer.status != 503;
        return changes && open ? Images::Error::outcome_unknown : Images::Error::unavailable;
    }

    std::string root_;
    std::string prefix_;
    int files_per_answer_;
    Figures& figures_;
    S3Server server_;
    std::atomic<bool> conditions_known_{true};  // by the server, until it says otherwise
};

S3Images::S3Images(BlockingPool& pool, Options options) : pool_(pool), within_(options.within) {
    if (!options.endpoint.starts_with("https://") && !options.endpoint.starts_with("http://"))
        throw std::runtime_error("images_server.endpoint must be https://HOST or http://HOST:PORT");
    while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
    if (!is_bucket(options.bucket))
        throw std::runtime_error(
            fmt::format("images must be s3://BUCKET or s3://BUCKET/PREFIX, a bucket's name being 3 to 63 of a-z, 0-9, "
                        "- and .; not \"{}\"",
                        options.bucket));
    if (options.access_key.empty() || options.secret_key.empty())
        throw std::runtime_error("images in a bucket need images_server.access_key and images_server.secret_key_file");
    bucket_ = std::make_unique<Bucket>(std::move(options), figures_);
}

S3Images::~S3Images() = default;

Instant S3Images::until() const { return now() + within_; }

Images::Answer<std::monostate> S3Images::put(Name name, Bytes bytes) {
    MD_ASSERT(domain::is_sku_code(name.sku) && is_file(name.file) && bytes != nullptr);
    auto work = [this, name = std::move(name), bytes = std::move(bytes), until = until()] {
        return bucket_->put(name, *bytes, until);
    };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::optional<Images::Bytes>> S3Images::get(Name name) {
    MD_ASSERT(domain::is_sku_code(name.sku) && is_file(name.file));
    auto work = [this, name = std::move(name), until = until()] { return bucket_->get(name, until); };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::vector<std::string>> S3Images::list(domain::SkuCode sku) {
    MD_ASSERT(domain::is_sku_code(sku));
    auto work = [this, sku = std::move(sku), until = until()] { return bucket_->list(sku, until); };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::monostate> S3Images::remove(domain::SkuCode sku, std::vector<std::string> files) {
    MD_ASSERT(domain::is_sku_code(sku) && std::ranges::all_of(files, [](const auto& file) { return is_file(file); }));
    auto work = [this, sku = std::move(sku), files = std::move(files), until = until()] {
        return bucket_->remove(sku, files, until);
    };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

}  // namespace marketday::adapters
