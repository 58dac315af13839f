#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace marketday::http {

/// Says how many a second may go: a bucket of tokens that fills while nobody comes.
class Pace {
public:
    explicit Pace(double per_second) : per_second_(per_second), tokens_(most()) {}
    /// True: one may go now.
    bool take(Instant now) {
        const double passed = std::chrono::duration<double>(now - filled_at_).count();
        tokens_ = std::min(tokens_ + passed * per_second_, most());
        filled_at_ = now;
        if (tokens_ < 1) return false;
        tokens_ -= 1;
        return true;
    }

private:
    /// What may go at once after a rest: a tenth of a second's.
    double most() const { return std::max(per_second_ / 10, 1.0); }

    double per_second_;
    double tokens_;
    Instant filled_at_{};
};

}  // namespace marketday::http
