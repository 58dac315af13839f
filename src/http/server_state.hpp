#pragma once

#include <boost/intrusive/list.hpp>
#include <string>

#include "base/random.hpp"
#include "http/loop_lag.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/waiting_refusals.hpp"

namespace marketday::http {

class Connection;

/// What the connections of one server share.
struct ServerState {
    ServerState(Executor& runs_on, std::vector<Route> routes, ServerOptions with);
    ~ServerState();

    Executor& executor;
    Router router;
    ServerOptions options;
    ServerFigures figures;
    SeededRandom trace_random;  // Ids of traces are no secrets.
    Instant now{};              // Of the event being handled.
    std::string date_line;      // "Date: …\r\n" and what else is in every answer, renewed every tick
    bool draining = false;
    LoopLag lag;
    WaitingRefusals refusals;
    /// Where answers gather before they are sent; one connection at a time, the others bring their own.
    std::string scratch;
    bool scratch_taken = false;

    struct Phases;
    std::unique_ptr<Phases> phases;  // Connections by phase, the longest waiting first.

    void renew_date_line();
    void opened();
    void closed();
    std::function<void()> on_last_closed;
};

}  // namespace marketday::http
