#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/async/task.hpp"

namespace marketday::ports {

/// A place in the history of a store's writes. Of two places of one timeline the one with more bytes is the later; a
/// store that lost its end and went on from before it begins a new timeline. Zero: before every write.
struct Position {
    std::uint32_t timeline = 0;
    std::uint64_t bytes = 0;

    /// After every write that there may be: of a write whose place nobody could tell.
    static constexpr Position unknown() {
        return {std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<std::uint64_t>::max()};
    }
    bool operator==(const Position&) const = default;
};

/// Whether a copy that has repeated all writes up to `replayed` has those up to `wanted`. What was written on a later
/// timeline is not in a copy that still follows an earlier one, whatever their bytes.
constexpr bool covers(const Position& replayed, const Position& wanted) {
    return replayed.timeline >= wanted.timeline && replayed.bytes >= wanted.bytes;
}
/// A place that covers both.
constexpr Position later_of(const Position& a, const Position& b) {
    return {std::max(a.timeline, b.timeline), std::max(a.bytes, b.bytes)};
}

/// How fresh what is read must be (ADR 16). A read that decides a write takes none and is always strict; a read that
/// shows something says here what its reader may be shown. A store without copies reads everything strictly.
class Freshness {
public:
    enum class Kind : std::uint8_t {
        strict,      // every acknowledged write, whoever's
        own_writes,  // the reader's own up to `position`, and others' within the stated lag
        bounded,     // within the stated lag, and everything up to `position`
    };

    constexpr Freshness() = default;
    static constexpr Freshness strict() { return {}; }
    static constexpr Freshness own_writes(Position position) { return {Kind::own_writes, position}; }
    static constexpr Freshness bounded() { return {Kind::bounded, {}}; }
    /// The same, and not before `position`.
    constexpr Freshness not_before(Position position) const { return {kind_, later_of(position_, position)}; }

    Kind kind() const { return kind_; }
    const Position& position() const { return position_; }

private:
    constexpr Freshness(Kind kind, Position position) : kind_(kind), position_(position) {}

    Kind kind_ = Kind::strict;
    Position position_{};
};

/// Where the history of a store's writes stands. From any thread; tasks resume on their caller's executor.
class WriteHistory {
public:
    virtual ~WriteHistory() = default;

    /// At or after every write that this process has been told the end of; `Position::unknown()` while nobody can say.
    virtual Position newest() const = 0;
    /// At or after every write that anybody had acknowledged when this was asked. Nothing when the store does not
    /// answer.
    virtual Task<std::optional<Position>> ask() = 0;
};

}  // namespace marketday::ports
