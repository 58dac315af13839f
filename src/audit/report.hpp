#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::audit {

/// How many violations of one check are kept with their words; the others are only counted.
inline constexpr std::size_t kViolationsNamedMax = 100;

/// One thing that must hold and does not.
struct Violation {
    std::string subject;  // what is wrong: "order 0193…", "SKU lantern-01", "ledger entry 17"
    std::string expected;
    std::string found;
};

/// One invariant of DESIGN.md section 5 and what was found of it.
class Check {
public:
    /// `id` and `title` are literals; `id` is stable, programs may switch on it.
    Check(std::string_view id, std::string_view title, std::string_view examined_what)
        : id_(id), title_(title), examined_what_(examined_what) {}

    void examined(std::int64_t things = 1) { examined_ += things; }
    void violated(std::string subject, std::string expected, std::string found);
    /// Further violations, without their words.
    void violated_unnamed(std::int64_t count) { violation_count_ += count; }
    /// A remark behind the count, e.g. "3 still pending".
    void note(std::string text) { note_ = std::move(text); }
    /// There was nothing to look at (no history, no such table): neither holds nor is violated.
    void skip(std::string why);

    std::string_view id() const { return id_; }
    std::string_view title() const { return title_; }
    std::string_view examined_what() const { return examined_what_; }
    const std::string& note() const { return note_; }
    std::int64_t examined_count() const { return examined_; }
    std::int64_t violation_count() const { return violation_count_; }
    const std::vector<Violation>& violations() const { return violations_; }
    bool holds() const { return violation_count_ == 0; }
    bool skipped() const { return skipped_; }

private:
    std::string_view id_;
    std::string_view title_;
    std::string_view examined_what_;
    std::string note_;
    std::int64_t examined_ = 0;
    std::int64_t violation_count_ = 0;
    bool skipped_ = false;
    std::vector<Violation> violations_;
};

/// What an audit found. Counts are those of the one moment that the audit looked at.
struct Report {
    std::deque<Check> checks;  // references to its elements stay valid while checks are added

    std::int64_t orders = 0;
    std::int64_t orders_sold = 0;       // captured and not refunded with their units back
    std::int64_t customers_served = 0;  // who have such an order
    std::int64_t selling_ms = 0;        // from the first reservation to the last sale
    std::int64_t units_sold = 0;        // by the stock counters
    std::int64_t ledger_entries = 0;
    std::string ledger_head;  // hex of the last entry's hash; empty without entries
    std::int64_t outbox_pending = 0;
    // From the history; 0 without one.
    std::int64_t history_operations = 0;
    std::int64_t orders_acknowledged = 0;
    std::int64_t orders_lost = 0;     // acknowledged to a shopper and not there
    std::int64_t contradictions = 0;  // what a shopper was told and what is stored differ, lost orders included

    Check& add(std::string_view id, std::string_view title, std::string_view examined_what) {
        return checks.emplace_back(id, title, examined_what);
    }
    /// The check of that id; nothing if there is none.
    const Check* find(std::string_view id) const;
    std::int64_t violation_count() const;
    bool holds() const { return violation_count() == 0; }

    /// One line a check with ok or VIOLATED and its counts, then each violation, then the verdict. Ends with a newline.
    std::string to_text() const;
    /// One JSON object, documented in docs/operations.md.
    std::string to_json() const;
};

/// 20000 as "20,000".
std::string grouped(std::int64_t number);

}  // namespace marketday::audit
