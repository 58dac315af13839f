#include "tests/support/nats_server.hpp"

#include <signal.h>

#include <fstream>
#include <stdexcept>
#include <thread>

#include "adapters/distributed/nats_connection.hpp"
#include "tests/support/server_process.hpp"

namespace marketday {

namespace fs = std::filesystem;

NatsServer& NatsServer::shared() {
    static NatsServer server;
    return server;
}

NatsServer::NatsServer(const std::string& settings, const std::filesystem::path& authority)
    : authority_(authority), port_(free_port()) {
    fs::permissions(directory_.path(), fs::perms::all);
    std::ofstream{directory_.path() / "nats.conf"}
        << "listen: 127.0.0.1:" << port_ << "\njetstream { store_dir: \"" << (directory_.path() / "store").string()
        << "\", sync_interval: always, max_file_store: 1GB, max_memory_store: 64MB }\n"
        << settings << "\n";
    start();
}

void NatsServer::start() {
    pid_ = launch({"nats-server", "-c", (directory_.path() / "nats.conf").string()}, "nobody",
                  directory_.path() / "server.log");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < deadline) {
        adapters::NatsConnection connection{{.servers = {url()}, .tls_ca = authority_.string(), .credentials = {}}};
        const auto reply = connection.ask_one("$JS.API.INFO", "", std::chrono::milliseconds{500});
        if (reply.kind == adapters::NatsConnection::Reply::Kind::answered) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{30});
    }
    throw std::runtime_error(
        "nats-server does not answer; is the package nats-server (2.10 or newer) installed? Look at " +
        (directory_.path() / "server.log").string());
}

void NatsServer::kill() {
    end_process(pid_, SIGKILL);
    pid_ = -1;
}

void NatsServer::wipe() { fs::remove_all(directory_.path() / "store"); }

NatsServer::~NatsServer() {
    if (pid_ > 0) kill();
}

}  // namespace marketday
