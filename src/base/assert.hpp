#pragma once

namespace marketday::base {

/// Prints the broken assumption with its place and aborts. On in every build: a wrong assumption about
/// money or stock must stop the program, never go on quietly.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace marketday::base

#define MD_ASSERT(expression)                                                     \
    do {                                                                          \
        if (!(expression)) [[unlikely]]                                           \
            ::marketday::base::assertion_failed(#expression, __FILE__, __LINE__); \
    } while (false)
