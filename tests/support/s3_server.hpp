#pragma once

#include <string>

#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A real server on loopback that speaks S3's API (tests/support/s3_server.py), with one bucket. Ended with this
/// process.
class BucketServer {
public:
    /// Throws std::runtime_error when it cannot be started.
    BucketServer();
    ~BucketServer();
    BucketServer(const BucketServer&) = delete;
    BucketServer& operator=(const BucketServer&) = delete;

    static constexpr const char* kBucket = "pictures";
    // What it knows.
    static constexpr const char* kAccessKey = "shop:operator";
    static constexpr const char* kSecretKey = "open-sesame";

    int port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void kill();
    void start();

private:
    TemporaryDirectory directory_;
    int port_ = free_port();
    int pid_ = -1;
};

}  // namespace marketday
