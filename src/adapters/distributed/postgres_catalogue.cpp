#include "adapters/distributed/postgres_catalogue.hpp"

#include <unordered_map>

#include "adapters/distributed/postgres_order_rows.hpp"
#include "adapters/distributed/postgres_products.hpp"
#include "adapters/stored/product_text.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using domain::Product;
using ports::Catalogue;
using Error = Catalogue::Error;
using Priority = PostgresDatabase::Priority;

// Every statement that reads products gives these columns, in this order.
#define MARKETDAY_PG_PRODUCT_COLUMNS                                                                          \
    "o.sku, o.price_minor, o.currency, o.version, o.hidden, o.weight_g, p.content, p.version, p.created_ms, " \
    "p.updated_ms, p.change_no"
constexpr int kChangeColumn = 10;

Product read_product(const PostgresRows& row) {
    Product product;
    product.sku = row.text(0);
    if (!row.is_null(1)) product.price = Money{row.integer(1), stored_currency(row.text_view(2))};
    product.price_version = row.integer(3);
    product.hidden = row.integer(4) != 0;
    product.weight_g = row.integer(5);
    read_product_content(row.text_view(6), product);
    product.version = row.integer(7);
    product.created_at = from_unix_ms(row.integer(8));
    product.updated_at = from_unix_ms(row.integer(9));
    return product;
}

Task<std::vector<std::optional<Product>>> find_all(PostgresSession& session, const std::vector<domain::SkuCode>& skus) {
    PostgresArray codes{PostgresArray::Of::texts};
    for (const auto& sku : skus) codes.add(sku);
    const PostgresValue wanted = codes.take();
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_PRODUCT_COLUMNS
                                       " FROM offers o JOIN products p ON p.sku_no = o.sku_no WHERE o.sku = ANY ($1)",
                                       wanted);
    std::unordered_map<std::string, Product> known;
    while (rows.step()) {
        Product product = read_product(rows);
        known.emplace(product.sku, std::move(product));
    }
    std::vector<std::optional<Product>> products;
    products.reserve(skus.size());
    for (const auto& sku : skus) {
        const auto found = known.find(sku);
        products.push_back(found == known.end() ? std::nullopt : std::optional{found->second});
    }
    co_return products;
}

Task<std::vector<Product>> list_after(PostgresSession& session, const domain::SkuCode& after,
                                      const std::size_t& products_max) {
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_PRODUCT_COLUMNS
                                       " FROM offers o JOIN products p ON p.sku_no = o.sku_no"
                                       " WHERE o.sku > $1 ORDER BY o.sku LIMIT $2",
                                       after, static_cast<std::int64_t>(products_max));
    std::vector<Product> products;
    while (rows.step()) products.push_back(read_product(rows));
    co_return products;
}

Task<std::vector<domain::Category>> all_categories(PostgresSession& session) {
    auto rows = co_await session.query(
        "SELECT path, level, name, products FROM categories WHERE products > 0 AND path > ''"
        " ORDER BY path");
    std::vector<domain::Category> categories;
    while (rows.step())
        categories.push_back(
            {rows.text(0), parse_text(rows.text_view(2)), static_cast<std::size_t>(rows.integer(1)), rows.integer(3)});
    co_return categories;
}

Task<std::vector<Catalogue::Change>> changes_after(PostgresSession& session, const std::int64_t& number,
                                                   const std::size_t& changes_max) {
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_PRODUCT_COLUMNS
                                       " FROM products p JOIN offers o ON o.sku_no = p.sku_no"
                                       " WHERE p.change_no > $1 ORDER BY p.change_no LIMIT $2",
                                       number, static_cast<std::int64_t>(changes_max));
    std::vector<Catalogue::Change> changes;
    while (rows.step()) changes.push_back({rows.integer(kChangeColumn), read_product(rows)});
    co_return changes;
}

}  // namespace

Catalogue::Answer<std::vector<Catalogue::Written>> PostgresCatalogue::put(std::vector<Write> writes) {
    MD_ASSERT(!writes.empty() && writes.size() <= kWritesMax);
    const WallTime now = clock_.wall_now();
    auto written = co_await database_.write(Priority::shoppers, &write_products, writes, now);
    co_return to_port<Error>(std::move(written));
}

Catalogue::Answer<std::vector<std::optional<Product>>> PostgresCatalogue::find(std::vector<domain::SkuCode> skus,
                                                                               ports::Freshness freshness) {
    auto found = co_await database_.read_at(freshness, &find_all, skus);
    co_return to_port<Error>(std::move(found));
}

Catalogue::Answer<std::vector<Product>> PostgresCatalogue::list(domain::SkuCode after, std::size_t products_max) {
    auto found = co_await database_.read(&list_after, after, products_max);
    co_return to_port<Error>(std::move(found));
}

Catalogue::Answer<std::vector<domain::Category>> PostgresCatalogue::categories(ports::Freshness freshness) {
    auto found = co_await database_.read_at(freshness, &all_categories);
    co_return to_port<Error>(std::move(found));
}

Catalogue::Answer<std::vector<Catalogue::Change>> PostgresCatalogue::changed_after(std::int64_t number,
                                                                                   std::size_t changes_max) {
    auto found = co_await database_.read(&changes_after, number, changes_max);
    co_return to_port<Error>(std::move(found));
}

Catalogue::Answer<std::int64_t> PostgresCatalogue::last_change() {
    auto found = co_await database_.read([](PostgresSession& session) -> Task<std::int64_t> {
        auto row = co_await session.query("SELECT change_no FROM catalogue_state WHERE one = 1");
        row.step();
        co_return row.integer(0);
    });
    co_return to_port<Error>(std::move(found));
}

Catalogue::Answer<std::int64_t> PostgresCatalogue::count() {
    auto found = co_await database_.read([](PostgresSession& session) -> Task<std::int64_t> {
        auto row = co_await session.query("SELECT products FROM catalogue_state WHERE one = 1");
        row.step();
        co_return row.integer(0);
    });
    co_return to_port<Error>(std::move(found));
}

}  // namespace marketday::adapters
