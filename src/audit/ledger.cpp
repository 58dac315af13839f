#include "audit/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace marketday::audit {
namespace {

constexpr std::int64_t kEntriesBetweenTelling = 65'536;

// The numbers of src/domain/stock.hpp, written again on purpose.
enum class Move : std::uint8_t {
    receive = 1,
    reserve = 2,
    release = 3,
    expire = 4,
    sell = 5,
    restock = 6,
    withdraw = 7,
    transfer_out = 8,
    transfer_in = 9,
    transfer_done = 10,
};

constexpr std::string_view kMoveNames[] = {"?",       "receive",  "reserve",      "release",     "expire",       "sell",
                                           "restock", "withdraw", "transfer out", "transfer in", "transfer done"};

std::string move_name(std::int64_t movement) {
    if (movement >= 1 && movement <= 10) return std::string{kMoveNames[movement]};
    return fmt::format("movement {}", movement);
}

struct Entry {
    std::int64_t sequence = 0;
    std::int64_t epoch = 0;
    std::int64_t at_ms = 0;
    std::int64_t movement = 0;
    std::int64_t sku_no = 0;
    std::int64_t units = 0;
    Uuid order;
    Hash256 hash{};
    std::string name() const { return fmt::format("ledger entry {}", sequence); }
};

void append_int64(std::string& bytes, std::int64_t number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (int place = 0; place < 8; ++place, rest >>= 8) bytes.push_back(static_cast<char>(rest & 0xff));
}

void append_hash(std::string& bytes, const Hash256& hash) {
    bytes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

Hash256 entry_hash(const Hash256& previous, const Entry& entry, std::string_view sku) {
    std::string bytes;
    append_hash(bytes, previous);
    append_int64(bytes, entry.sequence);
    append_int64(bytes, entry.epoch);
    append_int64(bytes, entry.at_ms);
    append_int64(bytes, entry.units);
    bytes.push_back(static_cast<char>(entry.movement));
    bytes.append(reinterpret_cast<const char*>(entry.order.bytes.data()), entry.order.bytes.size());
    bytes.append(sku);
    return blake2b(bytes);
}

Hash256 genesis_hash(std::int64_t epoch, const Hash256& previous_head) {
    std::string bytes = "marketday-epoch";
    append_int64(bytes, epoch);
    append_hash(bytes, previous_head);
    return blake2b(bytes);
}

std::string short_hex(const Hash256& hash) { return to_hex(std::span{hash}.first(8)) + "…"; }

struct Epoch {
    std::int64_t first_sequence = 0;
    Hash256 genesis{};
};

Hash256 hash_of(std::span<const std::uint8_t> bytes) {
    Hash256 hash{};
    if (bytes.size() == hash.size()) std::ranges::copy(bytes, hash.begin());
    return hash;
}

/// Follows the chain from entry to entry and from epoch to epoch.
class Chain {
public:
    Chain(Store& store, Check& check) : check_(check) {
        for (Rows rows{store, "SELECT epoch, first_seq, genesis FROM ledger_epochs ORDER BY epoch"}; rows.next();)
            epochs_[rows.integer(0)] = {rows.integer(1), hash_of(rows.blob(2))};
    }

    void follow(const Entry& entry, std::string_view sku) {
        check_.examined();
        const bool gap = entry.sequence != last_ + 1;
        if (gap)
            check_.violated(entry.name(), fmt::format("entry {} after entry {}", last_ + 1, last_),
                            fmt::format("entry {}", entry.sequence));
        if (entry.epoch < epoch_)
            check_.violated(entry.name(), fmt::format("epoch {} or later", epoch_),
                            fmt::format("epoch {}", entry.epoch));
        while (epoch_ < entry.epoch && enter_next(entry)) {
        }
        const Hash256 expected = entry_hash(head_, entry, sku);
        // After a gap the link to the missing entry cannot be judged; the gap has been named.
        if (expected != entry.hash && !gap)
            check_.violated(entry.name(), "hash " + short_hex(expected), "hash " + short_hex(entry.hash));
        head_ = entry.hash;
        last_ = entry.sequence;
    }

    /// Epochs that wrote nothing yet stand behind the last entry.
    void finish() {
        Entry beyond;
        beyond.sequence = last_ + 1;
        while (enter_next(beyond)) {
        }
    }
    const Hash256& last_hash() const { return head_; }

private:
    bool enter_next(const Entry& entry) {
        const auto next = epochs_.upper_bound(epoch_);
        if (next == epochs_.end()) {
            if (entry.epoch > epoch_)
                check_.violated(entry.name(), fmt::format("an epoch {} that was begun", entry.epoch), "no such epoch");
            epoch_ = std::max(epoch_, entry.epoch);
            return false;
        }
        epoch_ = next->first;
        const Hash256 expected = genesis_hash(epoch_, last_entry_or_genesis());
        const std::string name = fmt::format("ledger epoch {}", epoch_);
        if (expected != next->second.genesis)
            check_.violated(name, "genesis " + short_hex(expected), "genesis " + short_hex(next->second.genesis));
        if (next->second.first_sequence != entry.sequence)
            check_.violated(name, fmt::format("first entry {}", entry.sequence),
                            fmt::format("first entry {}", next->second.first_sequence));
        head_ = next->second.genesis;
        return true;
    }
    const Hash256& last_entry_or_genesis() const { return head_; }

    Check& check_;
    std::map<std::int64_t, Epoch> epochs_;
    std::int64_t epoch_ = 0;
    std::int64_t last_ = 0;
    Hash256 head_{};
};

/// Moves units between a level's places; false when that makes one negative or the movement is unknown.
bool replay_level(Level& level, std::int64_t movement, std::int64_t units) {
    std::int64_t* from = nullptr;
    std::int64_t* to = nullptr;
    switch (static_cast<Move>(movement)) {
        case Move::receive:
        case Move::transfer_in: to = &level.available; break;
        case Move::reserve: from = &level.available, to = &level.reserved; break;
        case Move::release:
        case Move::expire: from = &level.reserved, to = &level.available; break;
        case Move::sell: from = &level.reserved, to = &level.sold; break;
        case Move::restock: from = &level.sold, to = &level.available; break;
        case Move::withdraw: from = &level.available, to = &level.withdrawn; break;
        case Move::transfer_out: from = &level.available, to = &level.in_transfer; break;
        case Move::transfer_done: from = &level.in_transfer; break;
    }
    if (from == nullptr && to == nullptr) return false;
    if (from == nullptr) level.received += units;
    if (to == nullptr) level.received -= units;
    if (from != nullptr) *from -= units;
    if (to != nullptr) *to += units;
    return units > 0 && (from == nullptr || *from >= 0);
}

/// Follows one order's units; the words of what is wrong, or nothing.
std::optional<std::string> replay_line(LineUnits& line, std::int64_t movement, std::int64_t units) {
    switch (static_cast<Move>(movement)) {
        case Move::reserve: {
            const bool again = line.reserved + line.sold > 0;
            line.reserved += units;
            if (again) return "reserved again while it held units";
            return std::nullopt;
        }
        case Move::release:
        case Move::expire:
        case Move::sell:
            if (line.reserved < units) return "ended a reservation that had ended or never begun";
            line.reserved -= units;
            if (static_cast<Move>(movement) == Move::sell) line.sold += units;
            return std::nullopt;
        case Move::restock:
            if (line.sold < units) return "put back units that it had not sold";
            line.sold -= units;
            line.restocked += units;
            return std::nullopt;
        case Move::receive:
        case Move::withdraw:
        case Move::transfer_out:
        case Move::transfer_in:
        case Move::transfer_done: return "moved stock that is not an order's";
    }
    return "made an unknown movement";
}

bool of_an_order(std::int64_t movement) { return movement >= 2 && movement <= 6; }

void replay(Replay& state, const Entry& entry, const SkuNames& names, Check& replays, Check& ends_once) {
    replays.examined();
    Level& level = state.levels[entry.sku_no];
    if (!replay_level(level, entry.movement, entry.units))
        replays.violated(fmt::format("{}, {} of {} {}", entry.name(), move_name(entry.movement), entry.units,
                                     sku_name(names, entry.sku_no)),
                         "no place below zero", level.to_string());
    if (entry.order.is_nil()) {
        if (of_an_order(entry.movement))
            ends_once.violated(entry.name(), "an order", move_name(entry.movement) + " without an order");
        return;
    }
    LineUnits& line = state.lines[{entry.order, entry.sku_no}];
    if (entry.movement == static_cast<std::int64_t>(Move::reserve)) ends_once.examined();
    if (const auto wrong = replay_line(line, entry.movement, entry.units))
        ends_once.violated(fmt::format("order {}, {}", entry.order.to_string(), sku_name(names, entry.sku_no)),
                           "a reservation that ends once: sold, released or expired",
                           fmt::format("{} ({}) {}", entry.name(), move_name(entry.movement), *wrong));
}

}  // namespace

std::string Level::to_string() const {
    return fmt::format("received {}, available {}, reserved {}, sold {}, in transfer {}, withdrawn {}", received,
                       available, reserved, sold, in_transfer, withdrawn);
}

std::string sku_name(const SkuNames& names, std::int64_t sku_no) {
    const auto found = names.find(sku_no);
    return found != names.end() ? "SKU " + found->second : fmt::format("unknown SKU number {}", sku_no);
}

SkuNames read_sku_names(Store& store) {
    SkuNames names;
    for (Rows rows{store, "SELECT sku_no, sku FROM offers"}; rows.next();) names[rows.integer(0)] = rows.text(1);
    return names;
}

Replay walk_ledger(Store& store, const SkuNames& names, Check& chained, Check& replays, Check& ends_once,
                   const std::function<void(std::int64_t)>& tell) {
    Replay state;
    Chain chain{store, chained};
    static const std::string kUnknown;
    for (Rows rows{
             store,
             "SELECT sequence, epoch, at_ms, movement, sku_no, units, order_id, hash FROM ledger ORDER BY sequence"};
         rows.next();) {
        const Entry entry{rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3),
                          rows.integer(4), rows.integer(5), rows.uuid(6),    hash_of(rows.blob(7))};
        const auto sku = names.find(entry.sku_no);
        chain.follow(entry, sku != names.end() ? sku->second : kUnknown);
        replay(state, entry, names, replays, ends_once);
        if (++state.entries % kEntriesBetweenTelling == 0 && tell) tell(state.entries);
    }
    state.head = chain.last_hash();
    chain.finish();
    return state;
}

}  // namespace marketday::audit
