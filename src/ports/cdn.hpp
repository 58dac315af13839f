#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"

namespace marketday::ports {

/// Keeps the shop's public answers outside of it, for as long as their CDN-Cache-Control says, and is told which have
/// become old before. Tasks resume on their caller's executor.
class Cdn {
public:
    enum class Error {
        unavailable,  // Perhaps done, perhaps not; every call may be repeated.
    };
    static constexpr std::size_t kKeysMax = 80;

    virtual ~Cdn() = default;
    /// What is kept and carries one of `keys` (1..kKeysMax, each 1..100 bytes of visible ASCII, as in Surrogate-Key) is
    /// not given to anybody any more who can have better. What is asked of the shop just now may still come to be kept.
    virtual Task<Result<std::monostate, Error>> purge(std::vector<std::string> keys) = 0;
};

}  // namespace marketday::ports
