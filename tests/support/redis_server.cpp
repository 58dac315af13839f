#include "tests/support/redis_server.hpp"

#include <signal.h>

#include <stdexcept>
#include <thread>

#include "adapters/distributed/redis_client.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/server_process.hpp"

namespace marketday {

namespace fs = std::filesystem;

RedisServer& RedisServer::shared() {
    static RedisServer server;
    return server;
}

RedisServer::RedisServer(std::vector<std::string> settings) : settings_(std::move(settings)), port_(free_port()) {
    fs::permissions(directory_.path(), fs::perms::all);
    start();
}

void RedisServer::start() {
    std::vector<std::string> command{
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", directory_.path().string(),
        "--save",       "",       "--appendonly",        "no"};
    command.insert(command.end(), settings_.begin(), settings_.end());
    pid_ = launch(std::move(command), "nobody", directory_.path() / "server.log");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < deadline) {
        adapters::RedisClient client{{.servers = {url()}, .tls_ca = {}}};
        std::vector<std::string> ping{"PING"};
        // It may ask for a password: then it listens, and that will do.
        (void)run_task(client.run(std::move(ping)));
        if (client.figures().connects > 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{30});
    }
    throw std::runtime_error("redis-server does not answer; is the package redis-server installed? Look at " +
                             (directory_.path() / "server.log").string());
}

void RedisServer::kill() {
    end_process(pid_, SIGKILL);
    pid_ = -1;
}

RedisServer::~RedisServer() {
    if (pid_ > 0) kill();
}

}  // namespace marketday
