#include "domain/line_tickets.hpp"

#include <algorithm>

namespace marketday::domain {

std::size_t LineTickets::place_of(const CustomerId& customer) const {
    std::size_t at = UuidHash{}(customer.uuid) >> 16;
    const std::size_t mask = table_.size() - 1;
    while (true) {
        at &= mask;
        if (table_[at] == kEmpty || tickets_[table_[at]].customer == customer) return at;
        ++at;
    }
}

std::optional<LineTickets::Slot> LineTickets::find(const CustomerId& customer) const {
    if (table_.empty()) return std::nullopt;
    const Slot slot = table_[place_of(customer)];
    if (slot == kEmpty) return std::nullopt;
    return slot;
}

std::optional<LineTickets::Slot> LineTickets::find(std::int64_t sequence) const {
    const auto at = std::ranges::lower_bound(tickets_, sequence, {}, &LineTicket::sequence);
    if (at == tickets_.end() || at->sequence != sequence) return std::nullopt;
    return static_cast<Slot>(at - tickets_.begin());
}

LineTickets::Slot LineTickets::push(LineTicket ticket) {
    if (table_.size() * 2 < (tickets_.size() + 1) * 3) rebuild(std::max<std::size_t>(16, table_.size() * 2));
    const auto slot = static_cast<Slot>(tickets_.size());
    tickets_.push_back(ticket);
    table_[place_of(ticket.customer)] = slot;
    return slot;
}

void LineTickets::compact() {
    std::erase_if(tickets_, [](const LineTicket& ticket) { return ticket.state == TicketState::given_up; });
    rebuild(table_.size());
}

void LineTickets::rebuild(std::size_t table_size) {
    table_.assign(table_size, kEmpty);
    for (std::size_t slot = 0; slot < tickets_.size(); ++slot)
        table_[place_of(tickets_[slot].customer)] = static_cast<Slot>(slot);
}

}  // namespace marketday::domain
