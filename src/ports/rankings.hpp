#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"

namespace marketday::ports {

/// What has been asked for most within the last while: a sliding window that moves in steps. Contract:
/// tests/contract/rankings_contract.hpp, run on every adapter.
/// * bounded: memory does not grow with the number of different keys;
/// * honest about it: a score may be too high by what the adapter states, never too low, and a key with more than
///   its fair share (window total / capacity) is never missed;
/// * one source counts once a key and step, as far as the adapter can tell.
/// A projection: losing it loses nothing else. Thread-safe; tasks resume on their caller's executor.
class Rankings {
public:
    enum class Error { unavailable };
    enum class Kind : std::uint8_t { searches, products };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kKeyBytesMax = 200;

    virtual ~Rankings() = default;

    struct Event {
        Kind kind{};
        std::string key;           // a folded query, a SKU; longer than kKeyBytesMax is not counted
        std::int64_t weight = 1;   // 1..1,000,000
        std::uint64_t source = 0;  // a hash of who asked; 0 counts always
    };
    /// Never waits and never fails: an event that cannot be taken is dropped.
    virtual void record(Event event) = 0;

    struct Ranked {
        std::string key;
        std::int64_t score = 0;
        bool operator==(const Ranked&) const = default;
    };
    /// Highest score first, then by key; at most `keys_max` (1..100).
    virtual Answer<std::vector<Ranked>> top(Kind kind, std::size_t keys_max) = 0;
};

}  // namespace marketday::ports
