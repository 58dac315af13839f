#pragma once

#include "drills/drill.hpp"

namespace marketday::drills {

/// The disk is full for a while, or its n-th write or sync fails, at random moments of a sale. Every answer is a
/// declared one, the shop goes on by itself when the disk does, and nothing acknowledged is lost: also not when the
/// power fails right after a failed sync, which leaves on the disk what was there before (as Linux does).
DrillResult drill_disk(const DrillOptions& options, const Say& say);

}  // namespace marketday::drills
