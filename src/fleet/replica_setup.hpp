#pragma once

#include <optional>
#include <string>

#include "fleet/layout.hpp"

namespace marketday::fleet {

/// Makes the data directory of a copy from the primary, over the network: when there is none yet, and anew when the
/// primary has left it behind (it was away for longer than the primary keeps for it). Whole or not at all. The role
/// that copies gets this password.
void make_replica(const Layout& layout, const Part& replica, const std::string& password);
/// Whether it follows its primary.
bool follows(const Layout& layout, const Part& replica);
/// How long ago was what it last took over, seconds, 0 when it has all that its primary had sent; nothing when it does
/// not answer. Needs root.
std::optional<double> lag_seconds(const Layout& layout, const Part& replica);
/// The primary keeps nothing for it any more.
void forget_replica(const Layout& layout, const std::string& replica);

}  // namespace marketday::fleet
