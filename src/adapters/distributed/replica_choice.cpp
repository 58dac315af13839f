#include "adapters/distributed/replica_choice.hpp"

#include <algorithm>

namespace marketday::adapters {

using ports::covers;
using ports::Freshness;
using ports::Position;

void PrimaryMoments::note(Instant asked_at, Position position) {
    while (!moments_.empty() && moments_.front().at + kKept < asked_at) moments_.pop_front();
    moments_.push_back({asked_at, position});
}

std::optional<Instant> PrimaryMoments::level_at(const Position& replayed) const {
    for (auto moment = moments_.rbegin(); moment != moments_.rend(); ++moment)
        if (covers(replayed, moment->position)) return moment->at;
    return std::nullopt;
}

ReadChoice choose_replicas(const Freshness& freshness, std::span<const ReplicaSeen> replicas,
                           const ReadCircumstances& circumstances) {
    if (freshness.kind() == Freshness::Kind::strict) return {{}, ReadReason::strict};
    ReadChoice choice{{}, ReadReason::no_replica};
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        // Everybody begins somewhere else, so that the load is shared.
        const std::size_t index = (i + circumstances.turn) % replicas.size();
        const ReplicaSeen& replica = replicas[index];
        if (!replica.serves) continue;
        if (!covers(replica.replayed, freshness.position())) {
            if (choice.otherwise == ReadReason::no_replica) choice.otherwise = ReadReason::behind;
            continue;
        }
        const bool fresh = replica.level_at && circumstances.now - *replica.level_at <= circumstances.lag_max;
        if (circumstances.primary_answers && !fresh) {
            choice.otherwise = ReadReason::lagging;
            continue;
        }
        choice.replicas.push_back(index);
    }
    if (!circumstances.primary_answers)
        std::ranges::stable_sort(choice.replicas, [&](std::size_t a, std::size_t b) {
            return replicas[a].replayed.bytes > replicas[b].replayed.bytes;
        });
    return choice;
}

}  // namespace marketday::adapters
