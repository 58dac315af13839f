#pragma once

#include <memory>
#include <string>

#include "base/async/blocking.hpp"
#include "base/time.hpp"
#include "ports/cdn.hpp"

namespace marketday::adapters {

class CurlHandle;

/// A Varnish whose VCL takes PURGE with Surrogate-Key, as that of `marketday fleet` does (libcurl). One kept
/// connection.
class VarnishCdn final : public ports::Cdn {
public:
    struct Options {
        std::string address;  // http://HOST:PORT
        milliseconds within{2'000};
    };
    /// `pool`: of one thread for each. Throws std::runtime_error when the address is none; does not connect.
    VarnishCdn(BlockingPool& pool, Options options);
    ~VarnishCdn() override;

    Task<Result<std::monostate, Error>> purge(std::vector<std::string> keys) override;

private:
    bool ask(const std::vector<std::string>& keys);

    BlockingPool& pool_;
    Options options_;
    std::unique_ptr<CurlHandle> curl_;
};

}  // namespace marketday::adapters
