// Bytes as a client sends them, into the server's connection: scanner, parser, chunks, router, pipelining and writing.
// Whatever the pieces in which the bytes come and in which the socket takes the answers, the answers are the same; and
// every request that is answered without closing ends where an independent reader of RFC 9112 says that it ends.

#include <cstdlib>
#include <optional>
#include <vector>

#include "base/async/sim_executor.hpp"
#include "base/async/wait.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/refusals.hpp"
#include "http/server_state.hpp"
#include "tests/fuzz/framing.hpp"
#include "tests/fuzz/memory_connection.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

constexpr std::size_t kInputBytesMax = 8 * 1024;

std::string hex(std::string_view text) {
    return to_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// What the handler was given, in the form in which the check wants it back.
std::string echo_of(std::string_view method, std::string_view target, std::string_view body) {
    return std::string{method} + " " + hex(target) + " " + hex(body);
}

http::Response echo(const http::Request& request) {
    http::Response response;
    response.content_type = "text/plain";
    response.body = echo_of(http::to_string(request.method), request.target, request.body);
    return response;
}

Task<http::Response> echo_later(const http::Request& request) {
    co_await sleep_for(milliseconds{1});
    co_return echo(request);
}

constexpr int kStatuses[] = {200};

http::Route route_of(http::Method method, std::string_view pattern, bool later) {
    http::Route route;
    route.method = method;
    route.pattern = pattern;
    route.operation_id = pattern;
    route.statuses = kStatuses;
    if (later)
        route.handle = [](const http::Request& request) { return echo_later(request); };
    else
        route.handle_now = [](const http::Request& request) { return std::optional{echo(request)}; };
    return route;
}

std::vector<http::Route> routes() {
    using enum http::Method;
    std::vector<http::Route> all;
    for (const http::Method method : {get, post, put, patch, del}) {
        all.push_back(route_of(method, "/", false));
        all.push_back(route_of(method, "/a/{b}", false));
        all.push_back(route_of(method, "/later/{c}/d/{e}", true));
        all.push_back(route_of(method, "/rest/{f...}", false));
    }
    all.push_back(route_of(post, "/key", false));
    all.back().idempotency_key = true;
    all.push_back(route_of(post, "/operators", false));
    all.back().access = http::Access::operator_;
    return all;
}

/// One answer, without what may differ from one run to the next.
struct Answer {
    int status = 0;
    bool closes = false;
    std::string body;
};

std::vector<Answer> answers_in(std::string_view sent, const std::vector<bool>& is_head) {
    std::vector<Answer> answers;
    while (!sent.empty()) {
        const std::size_t end = sent.find("\r\n\r\n");
        FUZZ_REQUIRE_SAYING(end != std::string_view::npos, sent);
        const std::string_view head = sent.substr(0, end + 2);
        FUZZ_REQUIRE_SAYING(head.starts_with("HTTP/1.1 "), head);
        Answer answer;
        answer.status = std::atoi(std::string{head.substr(9, 3)}.c_str());
        sent.remove_prefix(end + 4);
        if (answer.status == 100) continue;
        answer.closes = head.find("\r\nConnection: close\r\n") != std::string_view::npos;
        const std::size_t length_at = head.find("\r\nContent-Length: ");
        std::size_t length = 0;
        if (length_at != std::string_view::npos) length = std::strtoull(head.data() + length_at + 18, nullptr, 10);
        const bool bodiless = answers.size() < is_head.size() && is_head[answers.size()];
        // What is no request has no method either, so its refusal has a body, and is the last word.
        const bool refused_head = answer.closes && sent.size() == length;
        if ((bodiless && !refused_head) || answer.status == 204 || answer.status == 304) length = 0;
        FUZZ_REQUIRE_SAYING(sent.size() >= length, head);
        answer.body = sent.substr(0, length);
        sent.remove_prefix(length);
        answers.push_back(std::move(answer));
    }
    return answers;
}

struct Conversation {
    std::string sent;
    bool over = false;  // The server reads no more.
};

/// `step` = 0: all at once; else in pieces whose sizes follow from it.
Conversation converse(std::string_view bytes, std::uint8_t step, std::uint8_t takes) {
    SimExecutor executor(1);
    auto state = std::make_shared<http::ServerState>(executor, routes(), http::ServerOptions{});
    boost::intrusive_ptr<MemoryConnection> connection(new MemoryConnection(state, {}));
    if (takes != 0) connection->write_at_once(takes);
    connection->begin();
    std::size_t turn = 0;
    const auto settle = [&] {
        do executor.run_for(milliseconds{5});
        while (connection->take_written());
    };
    for (;;) {
        const std::size_t size = step == 0 ? bytes.size() : 1 + (step * ++turn) % (2 * std::size_t{step} - 1);
        if (bytes.empty() || !connection->feed(bytes, size)) break;
        settle();
    }
    settle();
    Conversation done{connection->sent(), connection->has_ended() || connection->was_closed()};
    connection->hang_up();
    connection->close();
    return done;
}

/// The requests as the independent reader cuts them: which answers have no body, and where each request ends. Gives the
/// answers.
std::vector<Answer> check_against_framing(std::string_view bytes, const Conversation& conversation) {
    std::vector<bool> is_head;
    std::vector<std::optional<Framed>> requests;
    std::string_view rest = bytes;
    for (;;) {
        while (rest.starts_with("\r\n")) rest.remove_prefix(2);
        requests.push_back(frame_request(rest));
        is_head.push_back(requests.back() && requests.back()->method == "HEAD");
        if (!requests.back()) break;
        rest.remove_prefix(requests.back()->bytes);
    }
    const auto answers = answers_in(conversation.sent, is_head);
    FUZZ_REQUIRE(answers.size() <= requests.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Answer& answer = answers[i];
        FUZZ_REQUIRE_SAYING(answer.status < 500 || answer.status == 501 || answer.status == 505, conversation.sent);
        if (answer.closes) {
            FUZZ_REQUIRE(i + 1 == answers.size());
            FUZZ_REQUIRE(conversation.over);
        }
        if (answer.closes && answer.status != 200) continue;
        // It goes on behind this request, or has done what it asked: both sides must agree on where it ends.
        FUZZ_REQUIRE_SAYING(requests[i].has_value(), conversation.sent);
        if (answer.status != 200 || is_head[i]) continue;
        std::string target = requests[i]->target;
        if (const std::size_t scheme = target.find("://"); target.front() != '/' && scheme != std::string::npos) {
            const std::size_t path = target.find_first_of("/?", scheme + 3);
            target = path == std::string::npos || target[path] == '?' ? "/" : target.substr(path);
        }
        FUZZ_REQUIRE_SAYING(answer.body == echo_of(requests[i]->method, target, requests[i]->body), answer.body);
    }
    return answers;
}

std::size_t complete_requests(std::string_view bytes) {
    for (std::size_t count = 0;; ++count) {
        while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
        const auto request = frame_request(bytes);
        if (!request) return count;
        bytes.remove_prefix(request->bytes);
    }
}

FUZZ_TARGET(request) {
    log::set_level(log::Level::off);
    Pieces pieces(bytes.substr(0, kInputBytesMax));
    const std::uint8_t step = pieces.byte();
    const std::uint8_t takes = pieces.byte();
    const std::string_view stream = pieces.rest();
    const auto one = check_against_framing(stream, converse(stream, 0, 0));
    const auto other = check_against_framing(stream, converse(stream, step == 0 ? 1 : step, takes));
    // A refused request whose body has not come yet ends the connection; one whose body is there already does not.
    const auto& shorter = one.size() < other.size() ? one : other;
    const auto& longer = one.size() < other.size() ? other : one;
    for (std::size_t i = 0; i < shorter.size(); ++i) {
        FUZZ_REQUIRE(shorter[i].status == longer[i].status);
        FUZZ_REQUIRE(shorter[i].body == longer[i].body);
    }
    if (shorter.size() == longer.size()) return;
    const bool had_ended = !shorter.empty() && shorter.back().closes && shorter.back().status >= 400;
    // Of a chunked body that is wrong and has not ended either, the last four bytes are looked at when more have come.
    const bool has_not_come = longer.size() == shorter.size() + 1 && longer.back().closes &&
                              longer.back().status == 400 && complete_requests(stream) <= shorter.size();
    FUZZ_REQUIRE(had_ended || has_not_come);
}

}  // namespace
}  // namespace marketday::fuzz
