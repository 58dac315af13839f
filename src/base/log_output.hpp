#pragma once

#include <cstdint>
#include <string_view>

namespace marketday::log {

/// Where the log's lines go: a descriptor that others made, as standard error. Behind it there may stand a reader that
/// stands still (a journal that is being started again, a full pipe, a terminal that was stopped), and whoever logs
/// must not stand still with it: a line for which there is no room is lost. A disk that stands still does hold writers
/// up, as everything on it does. One thread at a time.
class LogOutput {
public:
    constexpr explicit LogOutput(int descriptor) : descriptor_(descriptor) {}
    /// Writes `line`, which ends with its line end, if that is possible without waiting. False: it is lost.
    bool put(std::string_view line) noexcept;

private:
    int descriptor_;
    bool within_line_ = false;  // the last line broke off
};

/// Lines that were not written since the start, because nobody took what was written before.
std::uint64_t lines_lost_total();

}  // namespace marketday::log
