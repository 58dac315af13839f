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
#include "ports/leases.hpp"

namespace marketday::ports {

/// Keeps what the lines of a site's sales must not forget, for all processes that serve them. Contract:
/// tests/contract/line_book_contract.hpp, run on every adapter.
/// * durable: an answer is given only after its change would survive loss of power;
/// * a customer has at most one live ticket in a line, and a number is given once, in the order of commits;
/// * a list is closed exactly once, and holds every ticket that had a number then;
/// * every change raises the line's `change`: whoever follows it sees each, in their order;
/// * all writes may be repeated.
/// Tasks resume on their caller's executor.
class LineBook {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; read, or do it again.
        fenced,           // Another process leads the line now; nothing happened.
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
    /// Founds the line, unless it exists: then the stored founding is returned.
    virtual Answer<Founding> found(Founding founding) = 0;

    struct Closing {
        WallTime at{};
        std::int64_t entries = 0;
        std::int64_t list_end = 0;  // tickets with numbers below it are the list, but for the unlisted
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
    enum class Standing : std::uint8_t {
        given_up = 0,
        live = 1,
        unlisted = 2,     // given up before the list was closed: it has no turn
        passed_over = 3,  // absent when its turn was called
    };
    struct StoredTicket {
        std::int64_t sequence = 0;
        CustomerId customer;
        Standing standing = Standing::live;
        bool operator==(const StoredTicket&) const = default;
    };
    /// How much of a line somebody has seen.
    struct Seen {
        std::int64_t change = 0;
        std::int64_t sequence = 0;
    };
    /// A line at one moment.
    struct Line {
        Founding founding;
        std::int64_t change = 0;
        std::int64_t news = 0;  // the number of the newest
        std::int64_t called_turns = 0;
        std::optional<Closing> closing;
        std::vector<Call> calls;  // oldest first; those that ended before the newest was recorded may be missing
        std::vector<StoredTicket> tickets;  // by number: new ones, and others whose standing has changed
    };
    /// What has become of the line since `seen`. Nothing: no such line. Cheap when nothing has changed; then `calls`
    /// and `tickets` are empty.
    virtual Answer<std::optional<Line>> follow(SaleId sale, Seen seen) = 0;

    struct Join {
        CustomerId customer;
        std::int64_t instead_of = 0;  // a live ticket of the customer's to give up; 0: none
    };
    /// Gives each of 1..kBatchTicketsMax customers, one after another, the line's next number, in one commit. Whoever
    /// has a live ticket other than `instead_of` keeps that.
    virtual Answer<std::monostate> join(SaleId sale, std::vector<Join> joins) = 0;
    /// Gives a ticket up; one that is not live is no error.
    virtual Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) = 0;

    /// Closes the list of those who joined before the opening, as it was at `change`. False when the line has changed
    /// since, or has been closed.
    virtual Answer<bool> close_list(SaleId sale, Closing closing, std::int64_t change, Fence fence) = 0;

    /// Records a call before anybody hears of it, and with it whom it passed over. Repeated, the first one holds; its
    /// end is returned. Calls that ended before `now` are forgotten.
    virtual Answer<WallTime> record_call(SaleId sale, Call call, std::vector<std::int64_t> passed_over, WallTime now,
                                         Fence fence) = 0;

    /// What one process tells the others of a line: whom it has heard, and how hard its checkout works.
    struct News {
        std::string process;              // 1..64 bytes
        WallTime at{};                    // it has told everything up to here
        std::vector<std::int64_t> heard;  // numbers whose holders asked since it last told
        std::vector<std::int64_t> spent;  // whose holders ordered
        std::int64_t lane_fill_permille = 0;
        milliseconds latency{0};
        bool last = false;  // it serves nobody any more
        bool operator==(const News&) const = default;
    };
    static constexpr std::int64_t kNewsKept = 500;  // of a line
    virtual Answer<std::monostate> tell(SaleId sale, News news) = 0;
    struct NewsAfter {
        std::int64_t number = 0;  // of the last one given; the one asked for when there is none
        bool complete = true;     // false: some were forgotten before they were asked for
        std::vector<News> news;   // in the order in which they were told
    };
    /// At most `news_max`.
    virtual Answer<NewsAfter> news_after(SaleId sale, std::int64_t number, std::size_t news_max) = 0;
};

}  // namespace marketday::ports
