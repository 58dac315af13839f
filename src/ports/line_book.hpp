#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// Keeps what the lines of a site's sales must not forget. Contract: tests/contract/line_book_contract.hpp, run on
/// every adapter.
/// * durable: an answer is given only after its change would survive loss of power;
/// * marks only rise;
/// * a customer has at most one live ticket in a line, and a number is given once;
/// * a list is closed exactly once: whoever comes second gets the first closing;
/// * after `outcome_unknown` the next successful read tells for good what happened. All writes may be repeated.
/// One process writes a line at a time. Tasks resume on their caller's executor.
class LineBook {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; read, or do it again.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kBatchTicketsMax = 1000;

    virtual ~LineBook() = default;

    /// What is decided when a line comes into being, and never changes.
    struct Founding {
        SaleId sale;
        WallTime opened{};
        Hash256 ticket_key{};
        Hash256 draw_secret{};
        std::string public_value;
        bool operator==(const Founding&) const = default;
    };
    struct Closing {
        WallTime at{};
        std::int64_t entries = 0;
        std::int64_t list_end = 0;  // tickets with numbers below it are the list
        Hash256 root{};
        bool operator==(const Closing&) const = default;
    };
    /// Turns turn_begin..turn_end-1 were called; their admissions end at `expires`.
    struct Call {
        std::int64_t turn_begin = 0;
        std::int64_t turn_end = 0;
        WallTime expires{};
        bool operator==(const Call&) const = default;
    };
    struct StoredLine {
        Founding founding;
        std::int64_t sequence_mark = 1;
        std::int64_t called_turns = 0;
        std::optional<Closing> closing;
        std::vector<Call> calls;  // oldest first; those that ended before the newest was recorded may be missing
    };

    /// Founds the line, unless it exists: then the stored one is returned as it is.
    virtual Answer<StoredLine> found(Founding founding) = 0;
    virtual Answer<std::optional<StoredLine>> find(SaleId sale) = 0;

    /// Numbers below `mark` may be used from now on. Returns the stored mark, which is `mark` or higher.
    virtual Answer<std::int64_t> raise_sequence_mark(SaleId sale, std::int64_t mark) = 0;

    struct NewTicket {
        std::int64_t sequence = 0;
        CustomerId customer;
    };
    enum class Added : std::uint8_t {
        added,         // also when repeated
        number_taken,  // somebody else has this number: a broken mark
    };
    /// Stores 1..kBatchTicketsMax tickets in one commit. A customer's older live ticket is given up with it.
    virtual Answer<std::vector<Added>> add(SaleId sale, std::vector<NewTicket> tickets) = 0;
    /// Gives a ticket up; one that is not live is no error.
    virtual Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) = 0;

    struct StoredTicket {
        std::int64_t sequence = 0;
        CustomerId customer;
        bool live = true;
        bool operator==(const StoredTicket&) const = default;
    };
    /// Tickets with numbers above `sequence`, by number.
    virtual Answer<std::vector<StoredTicket>> tickets_after(SaleId sale, std::int64_t sequence,
                                                            std::size_t tickets_max) = 0;

    /// Closes the list of those who joined before the opening. Returns the closing that holds.
    virtual Answer<Closing> close_list(SaleId sale, Closing closing) = 0;

    /// Records a call before anybody hears of it. Calls that ended before `now` are forgotten.
    virtual Answer<std::monostate> record_call(SaleId sale, Call call, WallTime now) = 0;
};

}  // namespace marketday::ports
