#include "crowd/test_shop.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "crowd/json_view.hpp"

namespace marketday::crowd {
namespace {

constexpr std::string_view kSale = "01900000-0000-7000-8000-00000000000a";

std::int64_t wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

int listen_on(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    MD_ASSERT(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    MD_ASSERT(listen(fd, 4096) == 0);
    return fd;
}

int port_of(int fd) {
    sockaddr_in address{};
    socklen_t bytes = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
    return ntohs(address.sin_port);
}

struct Request {
    std::string_view method;
    std::string_view path;
    std::string_view head;
    std::string_view body;

    std::string header(std::string_view name) const {
        const std::size_t at = head.find(fmt::format("\r\n{}: ", name));
        if (at == std::string_view::npos) return {};
        const std::size_t from = at + name.size() + 4;
        return std::string(head.substr(from, head.find('\r', from) - from));
    }
};

std::string answer(int status, std::string_view body, std::string_view more = {}) {
    return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}", status,
                       more, body.size(), body);
}

std::string problem(int status, std::string_view type, std::string_view more = {}) {
    return answer(status, fmt::format(R"({{"type":"/problems/{}","title":"No.","status":{}}})", type, status), more);
}

struct Placed {
    bool granted = false;
    std::string answer;
};

/// The shop's state and its answers. An empty answer means: close without a word.
class Shop {
public:
    explicit Shop(TestShop::Setting setting) : setting_(setting), opens_ms_(wall_ms() + setting.opens_in_ms) {}

    bool wants_restart() {
        return setting_.fault == TestShop::Fault::restarts && orders_ >= 40 && !std::exchange(restarted_, true);
    }

    std::string handle(const Request& request) {
        const std::string sale = fmt::format("/api/v1/sales/{}", kSale);
        if (request.path == "/admin/v1/rehearsal/sessions") return sessions(request);
        if (request.path == "/api/v1/sales") {
            return answer(200, fmt::format(R"({{"items":[{}],"next_cursor":null}})", sale_json()));
        }
        if (request.path == sale) return answer(200, sale_json());
        if (request.path == sale + "/stock") return answer(200, stock_json());
        if (request.path == sale + "/line") return line(request);
        if (request.path.starts_with("/api/v1/products?")) return answer(200, R"({"items":[],"next_cursor":null})");
        if (request.path.starts_with("/api/v1/products/uci-")) {
            return answer(200, R"({"sku":"x","price":{"amount_minor":250,"currency":"KRW"},"price_version":7})");
        }
        if (request.path == "/api/v1/orders") return place(request);
        if (request.path.starts_with("/api/v1/orders/")) return one_order(request);
        return problem(404, "not-found");
    }

private:
    using Fault = TestShop::Fault;
    bool is(Fault fault) const { return setting_.fault == fault; }

    std::string sessions(const Request& request) {
        const std::int64_t count = JsonView(request.body)["count"].integer_or(0);
        std::string items;
        for (std::int64_t i = 0; i < count; ++i) {
            ++customers_;
            items +=
                fmt::format(R"({}{{"customer":"01900000-0000-7000-9000-{:012x}","token":"token-{}","csrf_token":"c"}})",
                            i == 0 ? "" : ",", customers_, customers_);
        }
        return answer(200, fmt::format(R"({{"sessions":[{}]}})", items));
    }

    std::string sale_json() const {
        const bool open = wall_ms() >= opens_ms_;
        return fmt::format(
            R"({{"id":"{}","name":{{"en":"Two \"o'clock\""}},"state":"{}","opens_at":"{}","closes_at":null,)"
            R"("now":"{}","items":[{{"sku":"hot","units":{},"price":{{"amount_minor":1000,"currency":"KRW"}},)"
            R"("price_version":3,"limit_per_customer":{}}}],"line":{{"enabled":{},"draw":true}}}})",
            kSale, open ? "open" : "scheduled", to_rfc3339(opens_ms_), to_rfc3339(wall_ms()), setting_.units,
            setting_.limit, setting_.line);
    }

    std::string stock_json() const {
        return fmt::format(R"({{"items":[{{"sku":"hot","available":{},"reserved":{},"sold":{},"state":"on_sale"}}]}})",
                           setting_.units - taken_, taken_ - paid_, paid_);
    }

    std::string line(const Request& request) {
        const std::string token = request.header("Authorization");
        auto [ticket, fresh] = tickets_.try_emplace(token, 0);
        const bool open = wall_ms() >= opens_ms_;
        if (ticket->second == 0 && open) ticket->second = ++last_place_;
        const std::int64_t place = ticket->second + (is(Fault::changes_places) ? ++polls_ : 0);
        std::string_view state = !open ? "before_opening" : "waiting";
        if (++asked_ % 2 == 0) admitted_ = std::max(admitted_, std::min(last_place_, admitted_ + 1));
        if (open && ticket->second <= admitted_) state = "admitted";
        if (open && paid_ >= setting_.units) state = "sold_out";
        const std::int64_t ahead = std::max<std::int64_t>(0, ticket->second - admitted_);
        return answer(
            200, fmt::format(R"({{"ticket":"t-{}","state":"{}","place":{},"ahead":{},"wait_s":1,"poll_after_ms":{},)"
                             R"("admission":{},"admission_expires_at":null}})",
                             token.substr(7), state, open ? fmt::format("{}", place) : "null",
                             open ? fmt::format("{}", ahead) : "null", ahead > 100 ? 1100 : 20,
                             state == "admitted" ? fmt::format("\"a-{}\"", token.substr(7)) : "null"));
    }

    std::string place(const Request& request) {
        const std::string token = request.header("Authorization");
        const std::string key = token + request.header("Idempotency-Key");
        if (request.header("Idempotency-Key").empty()) return problem(400, "idempotency-key-missing");
        if (setting_.line && request.header("X-Admission") != "a-" + token.substr(7))
            return problem(403, "not-admitted");
        if (is(Fault::busy) && !told_busy_[key] && ++asked_ % 2 == 0) {
            told_busy_[key] = true;
            return problem(503, "busy", "Retry-After: 0\r\n");
        }
        const auto known = verdicts_.find(key);
        if (known != verdicts_.end()) {
            const bool again = (is(Fault::second_order_for_key) && known->second.granted) ||
                               (is(Fault::grants_after_refusal) && !known->second.granted);
            return again ? grant(token, request).answer : known->second.answer;
        }
        const Placed verdict = decide(token, request);
        verdicts_.emplace(key, verdict);
        ++orders_;
        if (is(Fault::cuts_after_commit) && orders_ % 3 == 0) return {};
        return verdict.answer;
    }

    Placed decide(const std::string& token, const Request& request) {
        const JsonView body(request.body);
        const std::int64_t units = is(Fault::sells_too_many) ? 2 * setting_.units : setting_.units;
        if (!body["sale"].absent()) {
            if (wall_ms() < opens_ms_) return {false, problem(409, "sale-not-open")};
            if (taken_ + 1 > units) return {false, problem(409, "all-held")};
            if (bought_[token] >= setting_.limit && !is(Fault::ignores_limit))
                return {false, problem(409, "limit-reached")};
        }
        ++taken_;
        ++bought_[token];
        return grant(token, request);
    }

    Placed grant(const std::string& token, const Request& request) {
        const std::string id = fmt::format("01900000-0000-7000-a000-{:012x}", ++last_order_);
        std::int64_t total = is(Fault::charges_more) ? 3001 : 3000;
        for (JsonWalk walk(JsonView(request.body)["lines"]); walk.next();) {
            total += walk.value()["quantity"].integer_or(0) * walk.value()["unit_price_minor"].integer_or(0);
        }
        const std::int64_t sequence = is(Fault::repeats_receipts) ? last_order_ % 2 + 1 : last_order_;
        states_[id] = {token, "reserved"};
        return {true, answer(201, fmt::format(
                                      R"({{"order":"{}","number":"N-{}","state":"reserved",)"
                                      R"("total":{{"amount_minor":{},"currency":"KRW"}},)"
                                      R"("shipping":{{"amount_minor":3000,"currency":"KRW"}},"hold_until":"{}",)"
                                      R"("receipt":{{"sequence":{},"hash":"{:064x}"}}}})",
                                      id, last_order_, total, to_rfc3339(wall_ms() + 600'000), sequence, last_order_))};
    }

    std::string one_order(const Request& request) {
        const std::string id(request.path.substr(15, 36));
        const auto found = states_.find(id);
        if (found == states_.end() || found->second.first != request.header("Authorization"))
            return problem(404, "not-found");
        std::string& state = found->second.second;
        if (request.path.ends_with("/payment")) {
            if (JsonView(request.body)["token"].bare() == "tok_silent") {
                state = "paying";
                return answer(202, R"({"state":"paying"})");
            }
            if (std::exchange(state, "paid") != "paid") ++paid_;
            return answer(200, fmt::format(R"({{"order":"{}","state":"paid","payment":"{}","receipt":{{}}}})", id, id));
        }
        if (is(Fault::forgets_orders)) return problem(404, "not-found");
        const std::string shown = state;
        if (state == "paying" && !setting_.silent_stays) {
            state = "paid";
            ++paid_;
        }
        return answer(200, fmt::format(R"({{"order":"{}","state":"{}"}})", id, shown));
    }

    TestShop::Setting setting_;
    std::int64_t opens_ms_;
    std::int64_t customers_ = 0;
    std::int64_t last_place_ = 0;
    std::int64_t admitted_ = 5;
    std::int64_t polls_ = 0;
    std::int64_t taken_ = 0;
    std::int64_t paid_ = 0;
    std::int64_t last_order_ = 0;
    std::int64_t orders_ = 0;
    std::int64_t asked_ = 0;
    bool restarted_ = false;
    std::unordered_map<std::string, std::int64_t> tickets_;
    std::unordered_map<std::string, std::int64_t> bought_;
    std::unordered_map<std::string, bool> told_busy_;
    std::unordered_map<std::string, Placed> verdicts_;
    std::unordered_map<std::string, std::pair<std::string, std::string>> states_;
};

/// Takes one whole request off the front of `bytes`; false when it is not all there yet.
bool take_request(std::string_view bytes, Request& request, std::size_t& length) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    request.head = bytes.substr(0, end + 2);
    const std::string content_length = request.header("Content-Length");
    length = end + 4 + (content_length.empty() ? 0 : std::stoul(content_length));
    if (bytes.size() < length) return false;
    request.body = bytes.substr(end + 4, length - end - 4);
    const std::size_t space = bytes.find(' ');
    request.method = bytes.substr(0, space);
    request.path = bytes.substr(space + 1, bytes.find(' ', space + 1) - space - 1);
    return true;
}

class Server {
public:
    Server(int listener, TestShop::Setting setting) : listener_(listener), port_(port_of(listener)), shop_(setting) {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        watch(listener_);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 256> events;
        while (true) {
            const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < ready; ++i) {
                const int fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == listener_) {
                    accept_all();
                } else {
                    serve(fd);
                }
            }
            if (shop_.wants_restart()) restart();
        }
    }

private:
    void watch(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }

    void accept_all() {
        while (true) {
            const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return;
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            received_[fd].clear();
            watch(fd);
        }
    }

    void serve(int fd) {
        const auto connection = received_.find(fd);
        if (connection == received_.end()) return;
        std::array<char, 16 * 1024> buffer;
        const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return drop(fd);
        std::string& bytes = connection->second;
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        Request request;
        std::size_t length = 0;
        while (take_request(bytes, request, length)) {
            const std::string out = shop_.handle(request);
            if (out.empty()) return drop(fd);
            if (send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return drop(fd);
            bytes.erase(0, length);
        }
    }

    void drop(int fd) {
        received_.erase(fd);
        close(fd);
    }

    void restart() {
        const linger reset{.l_onoff = 1, .l_linger = 0};
        for (const auto& [fd, bytes] : received_) {
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(fd);
        }
        received_.clear();
        close(listener_);
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        listener_ = listen_on(port_);
        watch(listener_);
    }

    int listener_;
    int port_;
    int epoll_ = -1;
    std::unordered_map<int, std::string> received_;
    Shop shop_;
};

}  // namespace

TestShop::TestShop(Setting setting) {
    const int listener = listen_on(0);
    port_ = port_of(listener);
    pid_ = fork();
    MD_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        Server(listener, setting).run();
    }
    close(listener);
}

TestShop::~TestShop() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

}  // namespace marketday::crowd
