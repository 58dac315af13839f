#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::fuzz {

/// One thing to try bytes on. Stateless: the same bytes always do the same.
using Run = void (*)(std::string_view bytes);

struct Target {
    std::string_view name;  // also the folder of its seeds: tests/fuzz/corpus/NAME
    Run run;
};

/// The targets that are linked into this program, in no order.
std::vector<Target>& targets();

struct Registration {
    Registration(std::string_view name, Run run) { targets().push_back({name, run}); }
};

[[noreturn]] inline void violated(const char* property, const char* file, int line, std::string_view what = {}) {
    std::fprintf(stderr, "%s:%d: does not hold: %s%s%.*s\n", file, line, property, what.empty() ? "" : "; ",
                 static_cast<int>(what.size()), what.data());
    std::abort();
}

/// Cuts numbers and texts off an input's front, so that a mutation of one of them leaves the others alone.
class Pieces {
public:
    explicit Pieces(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return static_cast<std::uint8_t>(c);
    }
    /// What stands before the next zero byte, or all that is left.
    std::string_view text() {
        const std::size_t end = rest_.find('\0');
        const std::string_view piece = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
        return piece;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace marketday::fuzz

/// What must hold for every input. Stays on in every build.
#define FUZZ_REQUIRE(condition) ((condition) ? (void)0 : ::marketday::fuzz::violated(#condition, __FILE__, __LINE__))
#define FUZZ_REQUIRE_SAYING(condition, what) \
    ((condition) ? (void)0 : ::marketday::fuzz::violated(#condition, __FILE__, __LINE__, (what)))

/// FUZZ_TARGET(name) { … bytes … }: under libFuzzer the program's entry, elsewhere one of many in one program.
#ifdef MARKETDAY_LIBFUZZER
#define FUZZ_ENTRY(name)                                                                \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
        fuzz_##name({reinterpret_cast<const char*>(data), size});                       \
        return 0;                                                                       \
    }
#else
#define FUZZ_ENTRY(name) static const ::marketday::fuzz::Registration registered_##name{#name, &fuzz_##name};
#endif
#define FUZZ_TARGET(name)                            \
    static void fuzz_##name(std::string_view bytes); \
    FUZZ_ENTRY(name)                                 \
    static void fuzz_##name(std::string_view bytes)
