#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async/task.hpp"
#include "base/hash.hpp"
#include "ports/freshness.hpp"

namespace marketday::http {

class Request;
struct Response;
struct Route;

/// What a session has written, its next reads see: every answer to a write carries the place in the store's history
/// that it has reached, signed, and the session brings it along. Browsers do so in the cookie `md_position`; clients
/// that send a bearer token in the header `Marketday-Position`. Who brings none, or one that this shop has not signed,
/// reads strictly: nothing is known of what they wrote. One executor.
class SessionPositions {
public:
    struct Options {
        Hash256 key{};
        bool secure = true;  // the cookie goes over TLS alone
    };
    /// `history` lives longer.
    SessionPositions(ports::WriteHistory& history, Options options) : history_(history), options_(options) {}

    /// How fresh what `request` shows of its session's own must be; strict for a request that may write.
    ports::Freshness of(const Request& request) const;
    /// Where the store is now, for a session that brings a place that nobody could tell; nothing for every other, and
    /// when the store does not answer.
    Task<std::optional<ports::Position>> ask_for(const Request& request) const;
    /// Adds the place to the answer to a write, whatever became of that; see `telling_positions`. `asked`: what
    /// `ask_for` gave after the request was handled.
    void note(const Request& request, Response& response, const std::optional<ports::Position>& asked = {}) const;

    /// "TIMELINE-BYTES-SIGNATURE", all hexadecimal.
    std::string sign(const ports::Position& position) const;
    std::optional<ports::Position> verify(std::string_view text) const;

private:
    std::optional<ports::Position> brought_by(const Request& request) const;
    Hash256 signature_of(std::string_view place) const;

    ports::WriteHistory& history_;
    Options options_;
};

/// The routes with handlers that tell the place after each write. `positions` lives longer.
std::vector<Route> telling_positions(std::vector<Route> routes, const SessionPositions& positions);

/// `positions->of(request)`; strict where there are none, because every read sees every write there.
ports::Freshness own_writes(const SessionPositions* positions, const Request& request);

}  // namespace marketday::http
