#pragma once

#include "drills/drill.hpp"

namespace marketday::drills {

/// The power fails at random moments of a sale: the shop is killed, and its disk keeps only what had been synced and a
/// random part of what had not. All that was acknowledged must be there. At the end the same with a disk that lies
/// about its syncs: then orders are lost, and the drill fails unless that is noticed.
DrillResult drill_power(const DrillOptions& options, const Say& say);

}  // namespace marketday::drills
