#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/async/blocking.hpp"
#include "ports/images.hpp"

namespace marketday::adapters {

/// Pictures as objects `[<prefix>/]<sku>/<file>` of a bucket, over S3's API (libcurl, Signature Version 4, path style):
/// AWS, or any server that speaks it. A name keeps its first bytes where the server knows conditional writes
/// (If-None-Match); elsewhere two writers of one name at one moment leave either's, whole, which are the same bytes,
/// since names are made of a hash of what they name.
class S3Images final : public ports::Images {
public:
    struct Options {
        std::string endpoint;  // https://HOST[:PORT], http://… on a network of one's own
        std::string region = "us-east-1";
        std::string bucket;
        std::string prefix;      // of the names of objects; may be empty
        std::string access_key;  // who asks
        std::string secret_key;
        std::string tls_ca;           // a PEM file; empty: the system's
        milliseconds within{8'000};   // of one call, waiting for a thread included
        int files_per_answer = 1000;  // of a list, which is asked for on until it is whole; S3 gives no more at once
    };
    /// `pool`: as many requests are under way as it has threads; it lives longer. Throws std::runtime_error when an
    /// option is wrong; does not connect.
    S3Images(BlockingPool& pool, Options options);
    ~S3Images() override;

    Answer<std::monostate> put(Name name, Bytes bytes) override;
    Answer<std::optional<Bytes>> get(Name name) override;
    Answer<std::vector<std::string>> list(domain::SkuCode sku) override;
    Answer<std::monostate> remove(domain::SkuCode sku, std::vector<std::string> files) override;

    struct Figures {
        std::atomic<std::uint64_t> requests{0};
        std::atomic<std::uint64_t> failed{0};  // not answered, or not as asked
    };
    const Figures& figures() const { return figures_; }

private:
    class Bucket;
    Instant until() const;

    BlockingPool& pool_;
    milliseconds within_;
    Figures figures_;
    std::unique_ptr<Bucket> bucket_;
};

}  // namespace marketday::adapters
