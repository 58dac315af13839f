#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/baskets.hpp"

namespace marketday::adapters {

/// Baskets in PostgreSQL, a row each: table baskets.
class PostgresBaskets final : public ports::Baskets {
public:
    explicit PostgresBaskets(PostgresDatabase& database) : database_(database) {}

    Answer<domain::Basket> find(Owner owner) override;
    Answer<Result<domain::Basket, domain::BasketRefusal>> change(Owner owner, std::vector<domain::BasketChange> changes,
                                                                 WallTime now) override;
    Answer<domain::Basket> merge(Owner from, Owner into, WallTime now) override;
    Answer<domain::Basket> take_ordered(Owner owner, std::vector<domain::OrderLine> ordered, WallTime now) override;
    Answer<std::size_t> forget(OwnerKind kind, WallTime before, std::size_t baskets_max) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
