#pragma once

#include "drills/drill.hpp"

namespace marketday::drills {

/// The whole process stands still (SIGSTOP) in the middle of a sale for `lasts` (30 s), and goes on. Half of the crowds
/// wait, the other half give up on their requests and ask again with their keys.
DrillResult drill_freeze(const DrillOptions& options, const Say& say);

/// No descriptors are left: strangers hold more connections than the shop may have, and now and then not even a file
/// can be opened. Shoppers are served all the same, and operators get answers.
DrillResult drill_descriptors(const DrillOptions& options, const Say& say);

/// Memory runs out: allocations fail (RLIMIT_AS), or the kernel ends the process (memory cgroup), and it is started
/// again as a supervisor would. Nothing acknowledged is lost.
DrillResult drill_memory(const DrillOptions& options, const Say& say);

/// The machine's clock jumps by hours back and forth under the running shop (libfaketime; the machine's own is left
/// alone): holds neither end early nor live for ever, sessions and tickets stay good, ids stay unique and in order.
DrillResult drill_clock(const DrillOptions& options, const Say& say);

/// A shop that was busy gives back all of its memory when it is told to end, as LeakSanitizer sees it.
DrillResult drill_leaks(const DrillOptions& options, const Say& say);

}  // namespace marketday::drills
