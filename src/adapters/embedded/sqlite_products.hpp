#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "domain/product.hpp"
#include "ports/catalogue.hpp"

namespace marketday::adapters {

/// What a product's row keeps as JSON: all that shoppers read and that is not in its offer. Equal products give equal
/// bytes.
std::string product_content(const domain::Product& product);
/// The inverse. Throws SqliteError when the row does not hold what `product_content` wrote.
void read_product_content(std::string_view content, domain::Product& product);

/// A text in several languages, as a row keeps it: {"en":…}. Throws SqliteError.
domain::LocalText parse_text(std::string_view json);

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
    std::map<std::string, CategoryDelta, std::less<>> categories_;
};

}  // namespace marketday::adapters
