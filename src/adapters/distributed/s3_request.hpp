#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace marketday::adapters {

class CurlHandle;

/// Requests of one account to one server that speaks S3's API, each signed (Signature Version 4). Connections are kept
/// open between requests. Thread-safe; calls wait.
class S3Server {
public:
    struct Options {
        std::string endpoint;
        std::string region;
        std::string access_key;
        std::string secret_key;
        std::string tls_ca;
    };
    explicit S3Server(Options options);
    ~S3Server();
    S3Server(const S3Server&) = delete;
    S3Server& operator=(const S3Server&) = delete;

    struct Request {
        enum class Method : std::uint8_t { get, head, put, remove };
        Method method{};
        std::string path;             // percent-encoded, with its slash
        std::string query{};          // percent-encoded, names in order
        std::string_view body{};      // of put; lives as long as the call
        bool only_if_absent = false;  // of put
        milliseconds within{8'000};
    };
    struct Answer {
        long status = 0;       // 0: none came
        bool sent = true;      // false: the server cannot have done anything
        std::string body{};    // kBodyBytesMax at most
        std::string reason{};  // of a failure: S3's code, or what went wrong on the way
    };
    static constexpr std::size_t kBodyBytesMax = std::size_t{64} << 20;
    Answer ask(const Request& request);

private:
    std::unique_ptr<CurlHandle> take();
    void give_back(std::unique_ptr<CurlHandle> handle);

    Options options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<CurlHandle>> idle_;
};

/// As S3 signs it: everything but letters, digits and -._~ as %XX; slashes stay.
std::string s3_encoded(std::string_view text);
/// What stands in XML between `<tag>` and `</tag>`, each time; entities as they are.
std::vector<std::string> s3_texts(std::string_view xml, std::string_view tag);

}  // namespace marketday::adapters
