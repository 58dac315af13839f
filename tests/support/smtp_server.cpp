#include "tests/support/smtp_server.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace marketday {
namespace {

bool listens(int port) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket{io};
    boost::system::error_code error;
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)}, error);
    return !error;
}

}  // namespace

SmtpServer::SmtpServer(std::vector<std::string> wishes) {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
    // The server's user need not be able to read the sources.
    const auto script = directory_.path() / "smtp_server.py";
    std::filesystem::copy_file(MARKETDAY_SMTP_SERVER, script);
    std::vector<std::string> command{"/usr/bin/python3", script.string(), std::to_string(port_),
                                     directory_.path().string()};
    std::ranges::move(wishes, std::back_inserter(command));
    pid_ = launch(std::move(command), "nobody", directory_.path() / "server.log");
    for (int i = 0; !listens(port_); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        if (i < 400) continue;
        end_process(pid_, SIGKILL);
        throw std::runtime_error("the SMTP server does not start; is the package python3-aiosmtpd installed? Look at " +
                                 (directory_.path() / "server.log").string());
    }
}

SmtpServer::~SmtpServer() { end_process(pid_, SIGKILL); }

void SmtpServer::freeze() { ::kill(pid_, SIGSTOP); }

std::vector<std::string> SmtpServer::files(const std::string& extension) const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
        if (entry.path().extension() != extension) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{});
    }
    return all;
}

}  // namespace marketday
