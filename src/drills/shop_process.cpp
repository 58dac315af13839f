#include "drills/shop_process.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "base/random.hpp"
#include "crowd/json_view.hpp"
#include "drills/interrupt.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStartWithin{20'000};

// Below the ports that the system hands out by itself: else another program's connection may have ours when we want it
// again after a kill.
constexpr int kPortMin = 12'000;
constexpr int kPortMax = 32'000;
constexpr int kPortTries = 200;

std::string free_address() {
    SystemRandom random;
    for (int i = 0; i < kPortTries; ++i) {
        const int port = kPortMin + static_cast<int>(random.below(kPortMax - kPortMin));
        const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool free = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(probe);
        if (free) return fmt::format("127.0.0.1:{}", port);
    }
    throw std::runtime_error("no port is free on 127.0.0.1");
}

std::string address_of(const std::string& url) {
    if (url.empty()) return free_address();
    const auto host = url.find("://") + 3;
    return url.substr(host, url.find('/', host) - host);
}

}  // namespace

void ShopProcess::launch() {
    std::error_code ignored;
    std::filesystem::remove(options_.data / "shop.json", ignored);
    std::filesystem::remove(options_.data / "admin.json", ignored);
    std::vector<std::string> arguments{"serve",
                                       "--data",
                                       options_.data.string(),
                                       "--listen",
                                       address_of(shop_url_),
                                       "--admin",
                                       address_of(admin_url_),
                                       "--rehearsal",
                                       "--log-level",
                                       "warn"};
    for (const std::string& setting : options_.settings) {
        arguments.push_back("--set");
        arguments.push_back(setting);
    }
    child_ = Child::run_program(options_.program, arguments, options_.log, options_.surroundings);
}

void ShopProcess::start() {
    launch();
    const auto deadline = steady_clock::now() + kStartWithin;
    while (!read_addresses()) {
        check_running();
        if (steady_clock::now() > deadline)
            throw std::runtime_error(fmt::format("the shop did not start within {} s", kStartWithin.count() / 1000));
        pause(milliseconds{5});
    }
}

bool ShopProcess::read_addresses() {
    // Both files are written whole, the admin's last.
    const std::string admin = text_of(options_.data / "admin.json");
    const std::string shop = text_of(options_.data / "shop.json");
    if (admin.empty() || shop.empty()) return false;
    admin_url_ = crowd::JsonView{admin}["url"].text();
    token_ = crowd::JsonView{admin}["token"].text();
    shop_url_ = crowd::JsonView{shop}["url"].text();
    return !admin_url_.empty() && !shop_url_.empty();
}

std::string ShopProcess::last_words() const {
    const std::string log = text_of(options_.log);
    const auto end = log.find_last_not_of('\n');
    if (end == std::string::npos) return "it said nothing";
    const auto begin = log.rfind('\n', end);
    return log.substr(begin + 1, end - begin);
}

void ShopProcess::check_running() {
    if (!child_) throw std::runtime_error("the shop is not running");
    if (const auto code = child_->ended())
        throw std::runtime_error(fmt::format("the shop ended by itself with exit code {}: {}", *code, last_words()));
}

std::optional<int> ShopProcess::stop(milliseconds time) {
    child_->signal(SIGTERM);
    const auto code = child_->wait(time);
    child_.reset();
    return code;
}

}  // namespace marketday::drills
