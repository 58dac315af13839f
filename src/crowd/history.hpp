#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace marketday::crowd {

/// What a shopper did. `status` (asking what became of a payment) is measured but not part of the history.
enum class Op : std::uint8_t { look, search, join, poll, order, pay, status };
inline constexpr std::size_t kOpCount = 7;
std::string_view to_string(Op op);

/// ok: the shop said yes. refused: it said no, or the request never reached it. unknown: nobody can tell.
enum class Outcome : std::uint8_t { ok, refused, unknown };
std::string_view to_string(Outcome outcome);

/// What a shopper could see at once to be wrong. `none` is the rule.
enum class Flaw : std::uint8_t {
    none,
    two_orders_one_key,     // a repeat of a granted request named another order
    granted_after_refused,  // a repeat of a refused request was granted
    refused_after_granted,  // a repeat of a granted request was refused
    price_differs,          // the total without shipping is not what the basket asked
    ticket_changed,         // joining again gave another ticket
    place_changed,          // the same ticket, another place
    place_went_back,        // more shoppers ahead than before
};
std::string_view to_string(Flaw flaw);

inline constexpr std::uint32_t kNoBasket = UINT32_MAX;

/// 16 random bytes; their 32 hex digits are the Idempotency-Key.
using KeyBytes = std::array<std::uint8_t, 16>;

/// One operation, from the instant it should have begun to its last answer. Times are microseconds of
/// CLOCK_MONOTONIC, which all processes of one machine share. Plain bytes: records live in memory shared by processes.
struct Record {
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::int64_t receipt_sequence = 0;  // 0: none
    KeyBytes key{};                     // zeros: none
    Uuid order;                         // nil: none
    std::array<std::uint8_t, 32> receipt_hash{};
    std::uint32_t shopper = 0;         // index into the sessions
    std::uint32_t basket = kNoBasket;  // index into the baskets
    std::int32_t place = -1;           // -1: none
    std::uint32_t hold_s = 0;          // how long the units were promised, from the answer
    std::uint16_t status = 0;          // 0: no answer
    std::uint16_t attempts = 0;
    Op op{};
    Outcome outcome = Outcome::unknown;
    std::uint8_t reason = 0;  // index into the process's Names
    std::uint8_t state = 0;   // the same
    Flaw flaw = Flaw::none;
};

/// A few short words (problem types, states) kept once and named by a byte. Lives in shared memory; one writer.
class Names {
public:
    static constexpr std::size_t kBytesMax = 47;

    /// 0 for the empty word, and for a new word when 255 are taken.
    std::uint8_t intern(std::string_view word);
    std::string_view operator[](std::uint8_t index) const;

private:
    struct Word {
        std::uint8_t bytes = 0;
        std::array<char, kBytesMax> text{};
    };
    std::array<Word, 256> words_{};
    std::uint32_t count_ = 1;
};

/// Records of one process in memory that its parent reads: appended by one, read by the other once the writer has
/// ended. Pages are touched as they fill. Past the capacity records are counted as dropped, which fails the run.
class SharedRecords {
public:
    explicit SharedRecords(std::size_t capacity);
    ~SharedRecords();
    SharedRecords(SharedRecords&& other) noexcept;
    SharedRecords(const SharedRecords&) = delete;
    SharedRecords& operator=(const SharedRecords&) = delete;
    SharedRecords& operator=(SharedRecords&&) = delete;

    void append(const Record& record);
    std::span<const Record> records() const;
    std::uint64_t dropped() const { return header_->dropped; }

private:
    struct Header {
        std::uint64_t count;
        std::uint64_t dropped;
    };
    std::size_t mapped_bytes_ = 0;
    std::size_t capacity_ = 0;
    Header* header_ = nullptr;
    Record* first_ = nullptr;
};

}  // namespace marketday::crowd
