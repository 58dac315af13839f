#include "tests/support/s3_server.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <stdexcept>
#include <thread>

namespace marketday {

BucketServer::BucketServer() { start(); }

void BucketServer::start() {
    const auto said = directory_.path() / "said";
    std::filesystem::remove(said);
    // Its parts end with it, and it with this process.
    pid_ = launch({"/usr/bin/python3", MARKETDAY_S3_SERVER, std::to_string(port_), directory_.path().string(), kBucket},
                  "root", said);
    std::string line;
    for (int i = 0; line != "ready"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        std::ifstream{said} >> line;
        int status = 0;
        if (i < 1200 && ::waitpid(pid_, &status, WNOHANG) == 0) continue;
        if (line == "ready") break;
        throw std::runtime_error(
            "the S3 server does not start; are the packages swift-proxy, swift-account, swift-container, swift-object, "
            "memcached and python3-botocore installed? It said: " +
            line);
    }
}

void BucketServer::kill() {
    end_process(pid_, SIGKILL);
    pid_ = -1;
}

BucketServer::~BucketServer() {
    if (pid_ > 0) kill();
}

}  // namespace marketday
