#pragma once

#include <string>
#include <vector>

#include "adapters/distributed/postgres_database.hpp"
#include "base/time.hpp"
#include "ports/catalogue.hpp"

namespace marketday::adapters {

/// The catalogue in PostgreSQL, beside the offers it belongs to: tables products, categories, catalogue_state.
class PostgresCatalogue final : public ports::Catalogue {
public:
    PostgresCatalogue(PostgresDatabase& database, const Clock& clock) : database_(database), clock_(clock) {}

    Answer<std::vector<Written>> put(std::vector<Write> writes) override;
    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                             ports::Freshness freshness = {}) override;
    Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t products_max) override;
    Answer<std::vector<domain::Category>> categories(ports::Freshness freshness = {}) override;
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) override;
    Answer<std::int64_t> last_change() override;
    Answer<std::int64_t> count() override;

private:
    PostgresDatabase& database_;
    const Clock& clock_;
};

}  // namespace marketday::adapters
