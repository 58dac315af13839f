#pragma once

#include <string>
#include <vector>

#include "fleet/layout.hpp"
#include "fleet/state.hpp"

namespace marketday::fleet {

/// One thing that `up` would do.
struct Step {
    enum class Kind : std::uint8_t { add_host, start, restart, stop, remove_host } kind;
    std::string subject;  // a host's or a part's name
    std::string why;      // for people
};

/// What leads from what is there to what is wanted, in the order in which it is done: whoever sells goes on selling as
/// far as another process can. Empty when nothing differs. A part that died is no difference: its keeper starts it.
std::vector<Step> plan(const Layout& layout, const State& state);

/// "+ start web-3 on web-a (10.77.2.12:8081)": a line for people.
std::string describe(const Step& step, const Layout& layout);

}  // namespace marketday::fleet
