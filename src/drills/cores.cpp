#include "drills/cores.hpp"

#include <sched.h>

namespace marketday::drills {

void stay_on_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<unsigned>(core), &cores);
    (void)::sched_setaffinity(0, sizeof cores, &cores);
}

int cores_at_hand() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    return ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

}  // namespace marketday::drills
