#pragma once

#include <memory>
#include <string>

#include "base/async/blocking.hpp"
#include "base/time.hpp"
#include "ports/webhook.hpp"

namespace marketday::adapters {

class CurlHandle;

/// Posts notices over HTTP (libcurl), on one kept connection. Taken is what is answered by 2xx, within the time;
/// redirections are not followed, or whoever answers at the address could have notices sent anywhere.
class HttpWebhook final : public ports::Webhook {
public:
    struct Options {
        std::string url;     // https://HOST[:PORT]/PATH, http://… on a network of one's own
        std::string tls_ca;  // a PEM file; empty: the system's
        milliseconds within{15'000};
    };
    /// `pool`: of one thread for each. Throws std::runtime_error when the URL is none; does not connect.
    HttpWebhook(BlockingPool& pool, Options options);
    ~HttpWebhook() override;

    Task<Result<std::monostate, Error>> post(Notice notice) override;

private:
    bool send(const Notice& notice);

    BlockingPool& pool_;
    Options options_;
    std::unique_ptr<CurlHandle> curl_;
};

}  // namespace marketday::adapters
