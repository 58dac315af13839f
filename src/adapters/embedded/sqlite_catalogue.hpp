#pragma once

#include <string>
#include <vector>

#include "adapters/embedded/sqlite_database.hpp"
#include "base/time.hpp"
#include "ports/catalogue.hpp"

namespace marketday::adapters {

/// The catalogue in the shop's SQLite file, beside the offers it belongs to. Thread-safe.
class SqliteCatalogue final : public ports::Catalogue {
public:
    SqliteCatalogue(SqliteDatabase& database, const Clock& clock) : database_(database), clock_(clock) {}

    Answer<std::vector<Written>> put(std::vector<Write> writes) override;
    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                             ports::Freshness freshness = {}) override;
    Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t products_max) override;
    Answer<std::vector<domain::Category>> categories(ports::Freshness freshness = {}) override;
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) override;
    Answer<std::int64_t> last_change() override;
    Answer<std::int64_t> count() override;

private:
    SqliteDatabase& database_;
    const Clock& clock_;
};

}  // namespace marketday::adapters
