#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "ports/baskets.hpp"

namespace marketday::adapters {

/// Baskets in the shop's database, a row each. Their writes wait behind nobody's order: they join the same commits.
class SqliteBaskets final : public ports::Baskets {
public:
    explicit SqliteBaskets(SqliteDatabase& database) : database_(database) {}

    Answer<domain::Basket> find(Owner owner) override;
    Answer<Result<domain::Basket, domain::BasketRefusal>> change(Owner owner, std::vector<domain::BasketChange> changes,
                                                                 WallTime now) override;
    Answer<domain::Basket> merge(Owner from, Owner into, WallTime now) override;
    Answer<domain::Basket> take_ordered(Owner owner, std::vector<domain::OrderLine> ordered, WallTime now) override;
    Answer<std::size_t> forget(OwnerKind kind, WallTime before, std::size_t baskets_max) override;

private:
    SqliteDatabase& database_;
};

}  // namespace marketday::adapters
