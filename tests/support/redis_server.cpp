#include "tests/support/redis_server.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
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

RedisServer::RedisServer(std::vector<std::string> settings) : RedisServer(std::move(settings), {}) {}

RedisServer::RedisServer(std::vector<std::string> settings, const std::string& sentinel)
    : settings_(std::move(settings)), is_sentinel_(!sentinel.empty()), port_(free_port()) {
    fs::permissions(directory_.path(), fs::perms::all);
    if (is_sentinel_) {
        // It writes down there what it learns.
        const auto file = directory_.path() / "sentinel.conf";
        std::ofstream{file} << sentinel;
        fs::permissions(file, fs::perms::all);
    }
    start();
}

std::unique_ptr<RedisServer> RedisServer::sentinel(const std::string& configuration) {
    return std::unique_ptr<RedisServer>{new RedisServer({}, configuration)};
}

RedisSentinels::RedisSentinels(const RedisServer& primary) {
    for (int i = 0; i < 3; ++i)
        servers_.push_back(RedisServer::sentinel(
            fmt::format("sentinel monitor {0} 127.0.0.1 {1} 2\nsentinel down-after-milliseconds {0} {2}\n"
                        "sentinel failover-timeout {0} 4000\n",
                        kName, primary.port(), kDownAfter.count())));
}

bool RedisSentinels::ready() const {
    const std::string name = kName;
    return servers_.front()->says("SENTINEL CKQUORUM " + name).starts_with("+OK 3") &&
           servers_.front()->says("SENTINEL REPLICAS " + name).starts_with("*1");
}

std::vector<std::string> RedisSentinels::urls() const {
    std::vector<std::string> urls;
    for (const auto& server : servers_) urls.push_back(server->url());
    return urls;
}

void RedisServer::start() {
    std::vector<std::string> command{
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", directory_.path().string(),
        "--save",       "",       "--appendonly",        "no"};
    if (is_sentinel_)
        command = {"redis-server",
                   (directory_.path() / "sentinel.conf").string(),
                   "--sentinel",
                   "--port",
                   std::to_string(port_),
                   "--bind",
                   "127.0.0.1",
                   "--dir",
                   directory_.path().string()};
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

std::string RedisServer::says(const std::string& line) const {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    boost::system::error_code error;
    socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port_)}, error);
    if (!error) asio::write(socket, asio::buffer(line + "\r\n"), error);
    std::array<char, 512> answer{};
    const std::size_t bytes = error ? 0 : socket.read_some(asio::buffer(answer), error);
    return std::string{answer.data(), bytes};
}

void RedisServer::kill() {
    end_process(pid_, SIGKILL);
    pid_ = -1;
}

RedisServer::~RedisServer() {
    if (pid_ > 0) kill();
}

}  // namespace marketday
