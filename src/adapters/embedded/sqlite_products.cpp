#include "adapters/embedded/sqlite_products.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "adapters/embedded/sqlite_offers.hpp"

namespace marketday::adapters {

using domain::LocalText;
using domain::Product;
using ports::Catalogue;
using ports::OrderBook;

namespace {

bool same_offer(const OrderBook::Offer& offer, const Product& product) {
    return offer.price == product.price && offer.hidden == product.hidden && offer.weight_g == product.weight_g;
}

}  // namespace

ProductWriter::ProductWriter(SqliteConnection& connection, WallTime now) : connection_(connection), now_(now) {
    auto state = connection_.query("SELECT change_no FROM catalogue_state WHERE one = 1");
    if (!state.step()) throw SqliteError{SQLITE_CORRUPT, "catalogue_state is empty"};
    first_change_ = last_change_ = state.integer(0);
}

struct ProductWriter::Stored {
    std::int64_t sku_no = 0;
    bool has_offer = false;
    bool has_product = false;
    std::int64_t received = 0;
    OrderBook::Offer offer;
    std::string content;
    std::string category;
    std::int64_t version = 0;

    static Stored read(SqliteConnection& connection, const domain::SkuCode& sku) {
        Stored stored;
        auto row = connection.query(
            "SELECT o.sku_no, o.price_minor, o.currency, o.hidden, o.weight_g, s.received, p.content, p.category, "
            "p.version"
            " FROM offers o LEFT JOIN stock s ON s.sku_no = o.sku_no LEFT JOIN products p ON p.sku_no = o.sku_no"
            " WHERE o.sku = ?1",
            sku);
        if (!row.step()) return stored;
        stored.has_offer = true;
        stored.sku_no = row.integer(0);
        if (const auto currency = row.is_null(1) ? std::nullopt : Currency::parse(row.text_view(2)))
            stored.offer.price = Money{row.integer(1), *currency};
        stored.offer.hidden = row.integer(3) != 0;
        stored.offer.weight_g = row.integer(4);
        stored.received = row.integer(5);
        if (row.is_null(6)) return stored;
        stored.has_product = true;
        stored.content = row.text(6);
        stored.category = row.text(7);
        stored.version = row.integer(8);
        return stored;
    }
};

Catalogue::Written ProductWriter::write(const Catalogue::Write& write) {
    Stored stored = Stored::read(connection_, write.product.sku);
    std::optional<Product> with_images;
    if (write.keep_images && stored.has_product && stored.content.find("\"images\":[") != std::string::npos) {
        Product before;
        read_product_content(stored.content, before);
        with_images = write.product;
        with_images->images = std::move(before.images);
    }
    const Product& product = with_images ? *with_images : write.product;
    if (write.if_version != 0 && write.if_version != stored.version) return Catalogue::Written::conflict;

    const std::string content = product_content(product);
    const bool same = stored.has_product && stored.content == content && same_offer(stored.offer, product);
    const bool gives_stock = write.first_stock > 0 && stored.received == 0;
    if (same && !gives_stock) return Catalogue::Written::unchanged;

    if (!stored.has_offer || !same_offer(stored.offer, product))
        write_offers(connection_, {{product.sku, product.price, product.hidden, product.weight_g, 0}});
    if (!stored.has_offer) stored.sku_no = Stored::read(connection_, product.sku).sku_no;
    if (gives_stock) receive_stock(connection_, product.sku, write.first_stock, "first stock of an import", now_);

    const std::string category = domain::category_path(product.category);
    connection_.run(
        "INSERT INTO products (sku_no, content, category, change_no, version, created_ms, updated_ms)"
        " VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) ON CONFLICT (sku_no) DO UPDATE SET content = excluded.content,"
        " category = excluded.category, change_no = excluded.change_no, version = version + 1,"
        " updated_ms = excluded.updated_ms",
        stored.sku_no, content, category, ++last_change_, to_unix_ms(now_));
    if (write.image_added) image_events_.push_back(image_event(product.sku, *write.image_added, last_change_));
    if (stored.has_product && !stored.offer.hidden) count(stored.category, nullptr, -1);
    if (!product.hidden) count(category, &product.category, 1);
    if (stored.has_product) return Catalogue::Written::updated;
    ++created_;
    return Catalogue::Written::created;
}

/// Adds `products` to every level of `path`; `names` are its levels' names, where known.
void ProductWriter::count(std::string_view path, const std::vector<LocalText>* names, std::int64_t products) {
    std::size_t level = 0;
    for (std::size_t end = 0; !path.empty() && end != std::string_view::npos;) {
        end = path.find('/', end == 0 ? 0 : end + 1);
        const std::string_view key = path.substr(0, end);
        auto place = categories_.find(key);
        if (place == categories_.end()) place = categories_.emplace(std::string{key}, CategoryDelta{}).first;
        CategoryDelta& delta = place->second;
        delta.level = level + 1;
        delta.products += products;
        if (names != nullptr) merge(delta.name, names->at(level));
        ++level;
    }
}

void ProductWriter::finish() {
    for (auto& [path, delta] : categories_) {
        LocalText name;
        bool known = false;
        {
            auto row = connection_.query("SELECT name FROM categories WHERE path = ?1", path);
            known = row.step();
            if (known) name = parse_text(row.text_view(0));
        }
        merge(name, delta.name);
        std::string name_json;
        append_text(name_json, name);
        if (known)
            connection_.run("UPDATE categories SET name = ?2, products = products + ?3 WHERE path = ?1", path,
                            name_json, delta.products);
        else
            connection_.run("INSERT INTO categories (path, level, name, products) VALUES (?1, ?2, ?3, ?4)", path,
                            static_cast<std::int64_t>(delta.level), name_json, delta.products);
    }
    if (last_change_ == first_change_) return;
    connection_.run("UPDATE catalogue_state SET products = products + ?1, change_no = ?2 WHERE one = 1", created_,
                    last_change_);
    connection_.run("INSERT INTO outbox (at_ms, topic, events) VALUES (?1, 'products', ?2)", to_unix_ms(now_),
                    fmt::format(R"([{{"id":"products-{0}","type":"products-changed","change":{0}}}])", last_change_));
    if (!image_events_.empty())
        connection_.run("INSERT INTO outbox (at_ms, topic, events) VALUES (?1, 'images', ?2)", to_unix_ms(now_),
                        fmt::format("[{}]", fmt::join(image_events_, ",")));
}

}  // namespace marketday::adapters
