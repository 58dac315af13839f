#include "http/waiting_refusals.hpp"

#include "base/memory_reserve.hpp"
#include "http/connection.hpp"
#include "http/server_state.hpp"

namespace marketday::http {
namespace {

constexpr milliseconds kStep{10};

}  // namespace

bool WaitingRefusals::keep(const std::shared_ptr<ServerState>& server, Connection& connection, Response& response) {
    if (waiting_.empty() && pace_.take(server->now)) return false;
    // Whoever waits is answered: from here on nothing may fail that would leave the row without its next step.
    const MustSucceed scope;
    waiting_.push_back({server->now, &connection, std::move(response)});
    server->figures.refusals_waiting.store(waiting_.size(), std::memory_order_relaxed);
    if (!goes_on_) go_on_soon(server);
    return true;
}

void WaitingRefusals::go_on_soon(const std::shared_ptr<ServerState>& server) {
    server->refusals.goes_on_ = true;
    server->executor.at(server->executor.now() + kStep, [server] { server->refusals.go_on(server); });
}

void WaitingRefusals::go_on(const std::shared_ptr<ServerState>& server) {
    const MustSucceed scope;
    const Instant now = server->executor.now();
    // Who is answered may ask again within the call and come to stand at the end: they are not of this step.
    for (std::size_t left = waiting_.size(); left > 0; --left) {
        if (now - waiting_.front().since < kWaitMax && !pace_.take(now)) break;
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        next.connection->answer_refusal(std::move(next.response));
    }
    server->figures.refusals_waiting.store(waiting_.size(), std::memory_order_relaxed);
    goes_on_ = false;
    if (!waiting_.empty()) go_on_soon(server);
}

}  // namespace marketday::http
