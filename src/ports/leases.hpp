#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// Proof of a lease, compared inside the transaction of the job that it guards: the store refuses it (`fenced`) once
/// somebody else has been granted the lease, however late the holder notices (Kleppmann 2016, fencing tokens).
struct Fence {
    std::string lease;
    std::int64_t token = 0;  // rises with every grant
};

/// Who runs a job. Contract: tests/contract/leases_contract.hpp.
class Leases {
public:
    enum class Error { unavailable, outcome_unknown };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    virtual ~Leases() = default;

    /// Grants `lease` (1..64 bytes) to `holder` until `now + length` if it is free, has run out, or is its own already.
    /// A grant always raises the token; nothing while another holds it.
    virtual Answer<std::optional<Fence>> acquire(std::string lease, std::string holder, WallTime now,
                                                 milliseconds length) = 0;
    /// Prolongs it with the same token; false when it was granted to another since.
    virtual Answer<bool> renew(Fence fence, WallTime now, milliseconds length) = 0;
    /// Ends it early, if it is still the fence's.
    virtual Answer<std::monostate> release(Fence fence) = 0;
};

}  // namespace marketday::ports
