#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace marketday::domain {

enum class TicketState : std::uint8_t {
    waiting,
    calling,      // chosen, not yet durable: still waiting as far as anybody is told
    called,       // may order, has not asked since
    admitted,     // may order and knows it
    spent,        // ordered, or was refused for good: takes up no slot
    passed_over,  // was absent when the turn came, or did not take up the call
    lapsed,       // the admission ran out
    given_up,     // left, or joined again
    departed,     // left with leave to order, which stays signed: takes up a slot until that has run out
};

/// 40 bytes a ticket: a sale's line may hold hundreds of thousands.
struct LineTicket {
    CustomerId customer;
    std::int64_t sequence = 0;
    std::uint32_t seen_ds = 0;  // deciseconds since the line's origin
    std::uint32_t call = 0;     // which call admitted it
    std::uint16_t joins = 1;    // tickets this customer has had in this line
    TicketState state = TicketState::waiting;
};

/// All tickets of a line in the order of their numbers, found by customer through an open-addressing table of
/// positions.
class LineTickets {
public:
    using Slot = std::uint32_t;

    Slot push(LineTicket ticket);
    /// Removes the tickets that were given up and numbers the others anew.
    void compact();
    std::optional<Slot> find(const CustomerId& customer) const;
    /// The ticket of this number.
    std::optional<Slot> find(std::int64_t sequence) const;
    LineTicket& operator[](Slot slot) { return tickets_[slot]; }
    const LineTicket& operator[](Slot slot) const { return tickets_[slot]; }
    std::size_t size() const { return tickets_.size(); }
    std::size_t memory_bytes() const {
        return tickets_.capacity() * sizeof(LineTicket) + table_.capacity() * sizeof(Slot);
    }

private:
    static constexpr Slot kEmpty = 0xffff'ffff;
    std::size_t place_of(const CustomerId& customer) const;
    void rebuild(std::size_t table_size);

    std::vector<LineTicket> tickets_;
    std::vector<Slot> table_;  // a power of two, at most 2/3 full
};

}  // namespace marketday::domain
