#include "domain/sale.hpp"

namespace marketday::domain {

SaleState Sale::state_at(WallTime now) const {
    if (closes_at && now >= *closes_at) return SaleState::closed;
    return state == SaleState::scheduled && now >= opens_at ? SaleState::open : state;
}

bool may_follow(SaleState from, SaleState to) {
    switch (from) {
        case SaleState::scheduled: return to != SaleState::scheduled;
        case SaleState::open: return to == SaleState::paused || to == SaleState::closed;
        case SaleState::paused: return to == SaleState::open || to == SaleState::closed;
        case SaleState::closed: return false;
    }
    return false;
}

}  // namespace marketday::domain
