#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/sessions.hpp"

namespace marketday::adapters {

/// Sessions in PostgreSQL: table sessions.
class PostgresSessions final : public ports::Sessions {
public:
    explicit PostgresSessions(PostgresDatabase& database) : database_(database) {}

    Answer<std::size_t> add(std::vector<NewSession> sessions) override;
    Answer<std::optional<Found>> find(Key key, WallTime now) override;
    Answer<std::monostate> extend(std::vector<Extension> extensions) override;
    Answer<std::optional<CustomerId>> end(Key key) override;
    Answer<std::size_t> end_all(CustomerId customer) override;
    Answer<Changes> changed_since(std::optional<std::int64_t> position) override;
    Answer<std::size_t> purge(WallTime now, std::size_t sessions_max) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
