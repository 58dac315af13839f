#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/stored/product_text.hpp"
#include "domain/product.hpp"
#include "ports/catalogue.hpp"

namespace marketday::adapters {

/// Writes products within one transaction: offers, rows, first stock, category counts, change numbers, outbox.
class ProductWriter {
public:
    ProductWriter(SqliteConnection& connection, WallTime now);
    ports::Catalogue::Written write(const ports::Catalogue::Write& write);
    /// Writes down what was counted meanwhile. Once, at the end.
    void finish();

private:
    struct Stored;
    struct CategoryDelta {
        std::size_t level = 0;
        domain::LocalText name;
        std::int64_t products = 0;
    };
    void count(std::string_view path, const std::vector<domain::LocalText>* names, std::int64_t products);

    SqliteConnection& connection_;
    WallTime now_;
    std::int64_t first_change_ = 0;
    std::int64_t last_change_ = 0;
    std::int64_t created_ = 0;
    std::vector<std::string> image_events_;
    std::map<std::string, CategoryDelta, std::less<>> categories_;
};

}  // namespace marketday::adapters
