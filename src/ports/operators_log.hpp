#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// What operators have done, for ever. Contract: tests/contract/operators_log_contract.hpp, run on every adapter.
/// An entry is written before its action and ended after it, so no action goes without one. Answers leave only after
/// they are durable; reads are strict. Tasks resume on their caller's executor.
class OperatorsLog {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kPageMax = 1000;

    struct Ending {
        int status = 0;       // of the answer
        std::string problem;  // its type, when it was refused; else empty
        bool operator==(const Ending&) const = default;
    };
    struct Entry {
        std::int64_t number = 0;  // grows with time; set by the store
        WallTime at{};
        std::string who;        // the operator's name
        std::string operation;  // the route's operation id
        std::string target;     // an order, a SKU, a sale, an operator; may be empty
        std::string details;    // a JSON object; what was asked for, without secrets
        std::string trace_id;
        bool dry_run = false;
        std::optional<Ending> ending{};  // none: under way, or the program died meanwhile
        bool operator==(const Entry&) const = default;
    };

    virtual ~OperatorsLog() = default;

    /// Writes an entry without an ending; its number.
    virtual Answer<std::int64_t> begin(Entry entry) = 0;
    /// Ends an entry once; `target` replaces an empty one (what a creation made). Whether it did.
    virtual Answer<bool> end(std::int64_t number, Ending ending, std::string target) = 0;

    struct Query {
        std::optional<std::string> who{};
        std::optional<std::string> operation{};
        std::optional<std::string> target{};
        std::optional<WallTime> from{};
        std::optional<WallTime> to{};          // before it
        std::optional<std::int64_t> before{};  // continues below this number
        std::size_t entries_max = 50;          // 1..kPageMax
    };
    /// Newest first.
    virtual Answer<std::vector<Entry>> list(Query query) = 0;
};

}  // namespace marketday::ports
