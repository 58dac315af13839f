#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace marketday::base {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "marketday: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace marketday::base
