#include "adapters/embedded/sqlite_catalogue.hpp"

#include "adapters/embedded/sqlite_products.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {

using domain::Product;
using ports::Catalogue;

namespace {

Catalogue::Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return Catalogue::Error::unavailable;
        case StoreFailure::outcome_unknown: return Catalogue::Error::outcome_unknown;
    }
    return Catalogue::Error::unavailable;
}

template <class T>
Result<T, Catalogue::Error> to_port(SqliteDatabase::Written<T> written) {
    if (!written) return fail(to_port_error(written.error()));
    return std::move(*written);
}

// Every statement that reads products gives these columns, in this order.
#define MARKETDAY_PRODUCT_COLUMNS                                                                             \
    "o.sku, o.price_minor, o.currency, o.version, o.hidden, o.weight_g, p.content, p.version, p.created_ms, " \
    "p.updated_ms,"                                                                                           \
    " p.change_no"
constexpr int kChangeColumn = 10;

Product read_product(const SqliteQuery& row) {
    Product product;
    product.sku = row.text(0);
    if (const auto currency = row.is_null(1) ? std::nullopt : Currency::parse(row.text_view(2)))
        product.price = Money{row.integer(1), *currency};
    product.price_version = row.integer(3);
    product.hidden = row.integer(4) != 0;
    product.weight_g = row.integer(5);
    read_product_content(row.text_view(6), product);
    product.version = row.integer(7);
    product.created_at = from_unix_ms(row.integer(8));
    product.updated_at = from_unix_ms(row.integer(9));
    return product;
}

}  // namespace

Catalogue::Answer<std::vector<Catalogue::Written>> SqliteCatalogue::put(std::vector<Write> writes) {
    MD_ASSERT(!writes.empty() && writes.size() <= kWritesMax);
    auto work = [writes = std::move(writes), now = clock_.wall_now()](SqliteConnection& connection) {
        ProductWriter writer(connection, now);
        std::vector<Written> written;
        written.reserve(writes.size());
        for (const Write& write : writes) written.push_back(writer.write(write));
        writer.finish();
        return written;
    };
    auto done = co_await database_.write(SqliteDatabase::Priority::shoppers, std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::vector<std::optional<Product>>> SqliteCatalogue::find(std::vector<domain::SkuCode> skus,
                                                                             ports::Freshness) {
    auto work = [skus = std::move(skus)](SqliteConnection& connection) {
        std::vector<std::optional<Product>> products;
        products.reserve(skus.size());
        for (const auto& sku : skus) {
            auto row = connection.query("SELECT " MARKETDAY_PRODUCT_COLUMNS
                                        " FROM offers o JOIN products p ON p.sku_no = o.sku_no WHERE o.sku = ?1",
                                        sku);
            products.push_back(row.step() ? std::optional{read_product(row)} : std::nullopt);
        }
        return products;
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::vector<Product>> SqliteCatalogue::list(domain::SkuCode after, std::size_t products_max) {
    auto work = [after = std::move(after), products_max](SqliteConnection& connection) {
        std::vector<Product> products;
        auto row = connection.query("SELECT " MARKETDAY_PRODUCT_COLUMNS
                                    " FROM offers o JOIN products p ON p.sku_no = o.sku_no"
                                    " WHERE o.sku > ?1 ORDER BY o.sku LIMIT ?2",
                                    after, static_cast<std::int64_t>(products_max));
        while (row.step()) products.push_back(read_product(row));
        return products;
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::vector<domain::Category>> SqliteCatalogue::categories(ports::Freshness) {
    auto work = [](SqliteConnection& connection) {
        std::vector<domain::Category> categories;
        auto row = connection.query("SELECT path, level, name, products FROM categories WHERE path > '' ORDER BY path");
        while (row.step()) {
            if (row.integer(3) == 0) continue;
            categories.push_back(
                {row.text(0), parse_text(row.text_view(2)), static_cast<std::size_t>(row.integer(1)), row.integer(3)});
        }
        return categories;
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::vector<Catalogue::Change>> SqliteCatalogue::changed_after(std::int64_t number,
                                                                                 std::size_t changes_max) {
    auto work = [number, changes_max](SqliteConnection& connection) {
        std::vector<Change> changes;
        auto row = connection.query("SELECT " MARKETDAY_PRODUCT_COLUMNS
                                    " FROM products p JOIN offers o ON o.sku_no = p.sku_no"
                                    " WHERE p.change_no > ?1 ORDER BY p.change_no LIMIT ?2",
                                    number, static_cast<std::int64_t>(changes_max));
        while (row.step()) {
            const std::int64_t change = row.integer(kChangeColumn);
            changes.push_back({change, read_product(row)});
        }
        return changes;
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::int64_t> SqliteCatalogue::last_change() {
    auto work = [](SqliteConnection& connection) {
        auto row = connection.query("SELECT change_no FROM catalogue_state WHERE one = 1");
        return row.step() ? row.integer(0) : std::int64_t{0};
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

Catalogue::Answer<std::int64_t> SqliteCatalogue::count() {
    auto work = [](SqliteConnection& connection) {
        auto row = connection.query("SELECT products FROM catalogue_state WHERE one = 1");
        return row.step() ? row.integer(0) : std::int64_t{0};
    };
    auto done = co_await database_.read(std::move(work));
    co_return to_port(std::move(done));
}

}  // namespace marketday::adapters
