#include "crowd/worker.hpp"

#include <algorithm>
#include <cstring>

namespace marketday::crowd {

KeyBytes random_key(SeededRandom& random) {
    KeyBytes key;
    const std::uint64_t high = random.u64();
    const std::uint64_t low = random.u64() | 1;  // never all zeros, which means "no key"
    std::memcpy(key.data(), &high, 8);
    std::memcpy(key.data() + 8, &low, 8);
    return key;
}

std::string_view reason_of(Reactor::Loss loss) {
    switch (loss) {
        case Reactor::Loss::unreachable: return "unreachable";
        case Reactor::Loss::cut: return "connection-lost";
        case Reactor::Loss::timed_out: return "timed-out";
        case Reactor::Loss::garbled: return "garbled-answer";
    }
    return "";
}

std::int64_t back_off_us(std::uint32_t attempt, SeededRandom& random) {
    const std::int64_t full = std::min<std::int64_t>(50'000LL << std::min(attempt, 5U), 1'000'000);
    return full / 2 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(full / 2)));
}

void conclude(const Share& share, Record& record, Outcome outcome, std::string_view reason) {
    record.outcome = outcome;
    record.reason = share.tally.names.intern(reason);
    if (record.op == Op::order) {
        switch (outcome) {
            case Outcome::ok: bump(share.tally.acknowledged); break;
            case Outcome::refused: bump(share.tally.refused); break;
            case Outcome::unknown: bump(share.tally.unknown); break;
        }
    }
    if (record.op == Op::pay && outcome == Outcome::ok) bump(share.tally.paid);
    if (record.flaw != Flaw::none) bump(share.tally.flaws);
    share.records.append(record);
}

}  // namespace marketday::crowd
