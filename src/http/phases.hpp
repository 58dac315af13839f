#pragma once

#include <array>

#include "http/connection.hpp"

namespace marketday::http {

/// The open connections by what they are doing, each list in the order in which they began to.
struct ServerState::Phases {
    using List = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;
    std::array<List, kPhases> lists;
    List& of(Phase phase) { return lists[static_cast<std::size_t>(phase)]; }
};

}  // namespace marketday::http
