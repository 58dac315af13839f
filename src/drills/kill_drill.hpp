#pragma once

#include "drills/drill.hpp"

namespace marketday::drills {

/// kill -9 at random moments of a sale, now and then again while the shop is starting; after each kill the crowd goes
/// on with its keys, and all that is stored is audited against all that was ever told.
DrillResult drill_kill(const DrillOptions& options, const Say& say);

}  // namespace marketday::drills
