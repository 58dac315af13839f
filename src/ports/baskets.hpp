#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "domain/basket.hpp"

namespace marketday::ports {

/// Keeps baskets, those of customers and those of visitors who have not logged in. Contract:
/// tests/contract/baskets_contract.hpp, run on every adapter.
/// * changes follow domain::change_basket, each in one step: two at once never lose one another;
/// * a basket that nobody has touched for long may be forgotten; an empty one is none.
/// Reads are strict. Tasks resume on their caller's executor.
class Baskets {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    /// Whose basket it is. The numbers are stored: never reuse one.
    enum class OwnerKind : std::uint8_t { customer = 1, visitor = 2 };
    struct Owner {
        OwnerKind kind = OwnerKind::visitor;
        Uuid id;
        auto operator<=>(const Owner&) const = default;
    };
    static Owner of_customer(CustomerId customer) { return {OwnerKind::customer, customer.uuid}; }
    static Owner of_visitor(Uuid visitor) { return {OwnerKind::visitor, visitor}; }

    virtual ~Baskets() = default;
    virtual Answer<domain::Basket> find(Owner owner) = 0;
    /// The basket as it is now, or why nothing changed.
    virtual Answer<Result<domain::Basket, domain::BasketRefusal>> change(Owner owner,
                                                                         std::vector<domain::BasketChange> changes,
                                                                         WallTime now) = 0;
    /// Puts what is in `from` into `into` (domain::merge_baskets) and ends `from`, in one step.
    virtual Answer<domain::Basket> merge(Owner from, Owner into, WallTime now) = 0;
    /// Takes out what was ordered.
    virtual Answer<domain::Basket> take_ordered(Owner owner, std::vector<domain::OrderLine> ordered, WallTime now) = 0;
    /// Forgets at most `baskets_max` that were last touched before `before`. How many.
    virtual Answer<std::size_t> forget(OwnerKind kind, WallTime before, std::size_t baskets_max) = 0;
};

}  // namespace marketday::ports
