#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "ports/freshness.hpp"

namespace marketday::adapters {

/// What the primary has told of itself in the last minute: where its history stood at which moment. A replica that has
/// replayed up to the place of a moment is as fresh as that moment, however long ago the last write was.
class PrimaryMoments {
public:
    static constexpr seconds kKept{60};

    /// `asked_at`: when the primary was asked, which is before its place was read.
    void note(Instant asked_at, ports::Position position);
    /// The latest moment whose place `replayed` covers; nothing when that is longer ago than what is kept.
    std::optional<Instant> level_at(const ports::Position& replayed) const;

private:
    struct Moment {
        Instant at;
        ports::Position position;
    };
    std::deque<Moment> moments_;
};

/// What is known of a replica since it was last asked.
struct ReplicaSeen {
    bool serves = false;         // it answered, and may be read
    ports::Position replayed{};  // up to here at least
    std::optional<Instant> level_at{};
};

/// Why a read went where it went.
enum class ReadReason : std::uint8_t {
    strict,      // primary: it was asked for
    own_writes,  // replica: it has the session's writes
    bounded,     // replica: it is within the stated lag
    no_replica,  // primary: none serves
    behind,      // primary: none has replayed the place that was asked for
    lagging,     // primary: those that have it are further behind than what is stated
    failed,      // primary: the replicas that were asked did not answer
};
inline constexpr std::size_t kReadReasons = 7;

struct ReadChoice {
    std::vector<std::size_t> replicas;  // to be asked one after the other, before the primary
    ReadReason otherwise{};             // why the primary, when there is none
};

struct ReadCircumstances {
    Instant now{};
    bool primary_answers = true;
    milliseconds lag_max{1000};
    std::size_t turn = 0;  // whose turn it is among those that may answer
};

/// Which replicas may answer a read that must be as fresh as `freshness`; pure. While the primary does not answer, what
/// is shown comes from replicas however long they have heard nothing, the furthest first: nobody can write meanwhile.
ReadChoice choose_replicas(const ports::Freshness& freshness, std::span<const ReplicaSeen> replicas,
                           const ReadCircumstances& circumstances);

}  // namespace marketday::adapters
