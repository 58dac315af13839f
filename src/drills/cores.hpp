#pragma once

namespace marketday::drills {

/// Binds the calling process, and what it starts, to one processor. Makes only a system call, so it may run between
/// fork and exec.
void stay_on_core(int core);

/// How many processors this process may run on.
int cores_at_hand();

}  // namespace marketday::drills
