#include "adapters/distributed/postgres_hosts.hpp"

#include <libpq-fe.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include "adapters/distributed/postgres_value.hpp"
#include "base/async/blocking.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using Kind = PostgresError::Kind;
using Addresses = std::vector<std::string>;

/// How long a name server is waited for that has answered before.
constexpr milliseconds kWhileKnown{250};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
        end = list.find(',', begin);
        parts.push_back(list.substr(begin, end == std::string::npos ? end : end - begin));
    }
    return parts;
}

/// Neither an address nor a directory of sockets.
bool is_name(const std::string& host) {
    if (host.empty() || host.front() == '/' || host.front() == '@') return false;
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    return error.failed();
}

/// Empty when there is none, or the name server does not answer.
Addresses look_up(const std::string& name) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return {};
    Addresses addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
            addresses.emplace_back(text.data());
    }
    ::freeaddrinfo(found);
    return addresses;
}

}  // namespace

struct PostgresHosts::Names {
    struct Host {
        std::string name;
        std::string port;  // empty: libpq's
        bool asked_for = false;
        Addresses addresses{};  // the last that were told
    };

    Names(boost::asio::io_context& on, const std::string& url) : io(on) {
        char* error = nullptr;
        const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options{
            PQconninfoParse(url.c_str(), &error), &PQconninfoFree};
        if (options == nullptr) {
            fault = error == nullptr ? "out of memory" : error;
            PQfreemem(error);
            return;
        }
        for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
            if (option->val != nullptr) given.emplace_back(option->keyword, option->val);
        if (value_of("hostaddr").empty()) take_hosts();
        const bool some = std::ranges::any_of(hosts, &Host::asked_for);
        if (some) thread.emplace(ThreadPool::Options{.name = "names", .threads = 1, .waiting_max = 1});
    }

    std::string value_of(std::string_view keyword) const {
        const auto found = std::ranges::find(given, keyword, &Parameters::value_type::first);
        return found == given.end() ? std::string{} : found->second;
    }
    void take_hosts() {
        const auto ports = split(value_of("port"));
        for (auto& name : split(value_of("host"))) {
            const std::size_t number = hosts.size();
            std::string port = ports.size() == 1 ? ports.front() : number < ports.size() ? ports[number] : "";
            const bool asked_for = is_name(name);
            hosts.push_back({.name = std::move(name), .port = std::move(port), .asked_for = asked_for});
        }
    }

    /// One at a time: a name server that is silent is not asked again before it is given up.
    void begin() {
        if (looking) return;
        looking = true;
        looked.reset();
        std::vector<std::string> wanted;
        for (const Host& host : hosts) wanted.push_back(host.asked_for ? host.name : std::string{});
        thread->submit([this, wanted] {
            std::vector<Addresses> found;
            for (const auto& name : wanted) found.push_back(name.empty() ? Addresses{} : look_up(name));
            boost::asio::post(io, [self = this, alive = std::weak_ptr{life}, told = std::move(found)]() mutable {
                if (alive.lock()) self->take(std::move(told));
            });
        });
    }
    void take(std::vector<Addresses> found) {
        bool all = true;
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            if (!hosts[i].asked_for) continue;
            all = all && !found[i].empty();
            if (!found[i].empty()) hosts[i].addresses = std::move(found[i]);
        }
        if (all != answers) {
            if (all)
                log::info("postgres.names_answer");
            else
                log::warn("postgres.names_silent", {{"hosts", value_of("host")}});
        }
        answers = all;
        looking = false;
        looked.set();
    }

    /// Whether there is one to go to: of several, some may have no address any more.
    bool usable() const {
        return std::ranges::any_of(hosts, [](const Host& host) { return !host.asked_for || !host.addresses.empty(); });
    }
    /// A host with several addresses stands there as often.
    Parameters with_addresses() const {
        std::string names, addresses, ports;
        const auto add = [&](const Host& host, const std::string& address) {
            const char* comma = names.empty() && addresses.empty() && ports.empty() ? "" : ",";
            names += comma + host.name;
            addresses += comma + address;
            ports += comma + host.port;
        };
        for (const Host& host : hosts) {
            if (!host.asked_for) add(host, "");
            for (const auto& address : host.addresses) add(host, address);
        }
        Parameters made{{"host", names}, {"hostaddr", addresses}, {"port", ports}};
        for (const auto& one : given)
            if (one.first != "host" && one.first != "port") made.push_back(one);
        return made;
    }

    boost::asio::io_context& io;
    std::string fault;  // of the connection string
    Parameters given;
    std::vector<Host> hosts;
    Event looked;
    bool looking = false;
    bool answers = true;
    std::shared_ptr<bool> life = std::make_shared<bool>(true);  // what is posted may come after the end
    std::optional<ThreadPool> thread;                           // none without names; ends before the rest
};

PostgresHosts::PostgresHosts(boost::asio::io_context& io, std::string url) : names_(std::make_unique<Names>(io, url)) {}
PostgresHosts::~PostgresHosts() = default;

Task<PostgresHosts::Parameters> PostgresHosts::find(Instant deadline) {
    Names& names = *names_;
    if (!names.fault.empty()) throw PostgresError(Kind::lost, "", names.fault.substr(0, names.fault.find('\n')));
    if (!names.thread) co_return names.given;
    names.begin();
    const Instant now = std::chrono::steady_clock::now();
    const Instant::duration wait = std::min<Instant::duration>(kWhileKnown, (deadline - now) / 4);
    co_await names.looked.wait(names.usable() ? now + wait : deadline);
    if (!names.usable())
        throw PostgresError(Kind::lost, "", "the name server tells no address of \"" + names.value_of("host") + '"');
    co_return names.with_addresses();
}

}  // namespace marketday::adapters
