#pragma once

#include <vector>

#include "http/message.hpp"
#include "http/watch/board.hpp"
#include "http/watch/log_store.hpp"
#include "http/watch/trace_store.hpp"

namespace marketday::http {

/// Looking at the running program, on the operators' listener: board, its stream, traces and logs. All answer from
/// memory, without asking the store. What they refer to must outlive them.
std::vector<Route> watch_routes(Board& board, const TraceStore& traces, const LogStore& logs);

}  // namespace marketday::http
