#include "adapters/distributed/postgres_products.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>

#include "adapters/distributed/postgres_offers.hpp"
#include "adapters/distributed/postgres_order_rows.hpp"
#include "adapters/stored/product_text.hpp"

namespace marketday::adapters {
namespace {

using domain::LocalText;
using domain::Product;
using ports::Catalogue;
using Of = PostgresArray::Of;

/// One SKU as it is stored and, from then on, as the batch leaves it.
struct Known {
    bool has_offer = false;
    bool has_product = false;
    bool had_product = false;
    std::int64_t received = 0;
    std::optional<Money> price;
    bool hidden = false;
    std::int64_t weight_g = 0;
    std::string content;
    std::string category;
    std::int64_t version = 0;
    // What the batch does to it.
    bool offer_written = false;
    std::int64_t price_changes = 0;
    std::int64_t times_written = 0;
    std::int64_t change_no = 0;

    bool offers_like(const Product& product) const {
        return has_offer && price == product.price && hidden == product.hidden && weight_g == product.weight_g;
    }
};

struct CategoryDelta {
    std::size_t level = 0;
    LocalText name;
    std::int64_t products = 0;
    bool is_known = false;
};

class Deciding {
public:
    void take_state(PostgresRows& rows) {
        if (!rows.step()) throw PostgresError(PostgresError::Kind::broken, "", "catalogue_state is empty");
        first_change_ = last_change_ = rows.integer(0);
    }
    void take_known(PostgresRows& rows) {
        while (rows.step()) {
            Known& known = known_[rows.text(0)];
            known.has_offer = true;
            if (!rows.is_null(1)) known.price = Money{rows.integer(1), stored_currency(rows.text_view(2))};
            known.hidden = rows.integer(3) != 0;
            known.weight_g = rows.integer(4);
            known.received = rows.integer(5);
            if (rows.is_null(6)) continue;
            known.has_product = known.had_product = true;
            known.content = rows.text(6);
            known.category = rows.text(7);
            known.version = rows.integer(8);
        }
    }

    Catalogue::Written decide(const Catalogue::Write& write) {
        Known& known = known_[write.product.sku];
        std::optional<Product> with_images;
        if (write.keep_images && known.has_product && known.content.find("\"images\":[") != std::string::npos) {
            Product before;
            read_product_content(known.content, before);
            with_images = write.product;
            with_images->images = std::move(before.images);
        }
        const Product& product = with_images ? *with_images : write.product;
        if (write.if_version != 0 && write.if_version != known.version) return Catalogue::Written::conflict;
        std::string content = product_content(product);
        const bool gives_stock = write.first_stock > 0 && known.received == 0;
        const bool same = known.has_product && known.content == content && known.offers_like(product);
        if (same && !gives_stock) return Catalogue::Written::unchanged;

        const bool was_shown = known.has_product && !known.hidden;
        const std::string old_category = known.category;
        write_offer(known, product);
        if (gives_stock) {
            known.received = write.first_stock;
            first_stock_.push_back(
                {product.sku, domain::Movement::receive, write.first_stock, "first stock of an import"});
        }
        known.content = std::move(content);
        known.category = domain::category_path(product.category);
        known.change_no = ++last_change_;
        if (write.image_added) image_events_.push_back(image_event(product.sku, *write.image_added, last_change_));
        ++known.times_written;
        ++known.version;
        if (was_shown) count(old_category, nullptr, -1);
        if (!product.hidden) count(known.category, &product.category, 1);
        return std::exchange(known.has_product, true) ? Catalogue::Written::updated : Catalogue::Written::created;
    }

    bool anything_changed() const { return last_change_ != first_change_; }
    std::int64_t last_change() const { return last_change_; }
    const std::vector<std::string>& image_events() const { return image_events_; }
    const std::vector<ports::OrderBook::StockChange>& first_stock() const { return first_stock_; }

    PostgresValue category_paths() const {
        PostgresArray paths{Of::texts};
        for (const auto& [path, delta] : categories_) paths.add(path);
        return paths.take();
    }
    void take_category_names(PostgresRows& rows) {
        while (rows.step()) {
            CategoryDelta& delta = categories_.at(rows.text(0));
            delta.is_known = true;
            LocalText name = parse_text(rows.text_view(1));
            merge(name, delta.name);
            delta.name = std::move(name);
        }
    }

    /// Categories and the catalogue's own numbers: what no batch of orders reads.
    std::vector<PostgresStatement> beside_orders() const {
        std::int64_t created = 0;
        for (const auto& [sku, known] : known_) created += known.has_product && !known.had_product ? 1 : 0;
        std::vector<PostgresStatement> statements;
        for (const auto& [path, delta] : categories_) {
            std::string name;
            append_text(name, delta.name);
            statements.push_back(
                delta.is_known ? PostgresSession::statement(
                                     "UPDATE categories SET name = $2, products = products + $3 WHERE path = $1", path,
                                     name, delta.products)
                               : PostgresSession::statement(
                                     "INSERT INTO categories (path, level, name, products) VALUES ($1, $2, $3, $4)",
                                     path, static_cast<std::int64_t>(delta.level), name, delta.products));
        }
        statements.push_back(PostgresSession::statement(
            "UPDATE catalogue_state SET products = products + $1, change_no = $2 WHERE one = 1", created,
            last_change_));
        return statements;
    }

    PostgresStatement offers() const {
        PostgresArray skus{Of::texts}, prices{Of::integers}, currencies{Of::texts}, hidden{Of::integers},
            weights{Of::integers}, changes{Of::integers};
        for (const auto& [sku, known] : known_) {
            if (!known.offer_written) continue;
            skus.add(sku), hidden.add(known.hidden ? 1 : 0), weights.add(known.weight_g);
            changes.add(known.price_changes);
            prices.add(known.price ? std::optional{known.price->amount_minor} : std::nullopt);
            currencies.add(known.price ? std::optional{std::string{known.price->currency.code()}} : std::nullopt);
        }
        return PostgresSession::statement(
            "INSERT INTO offers AS o (sku, price_minor, currency, hidden, weight_g, version)"
            " SELECT n.sku, n.price, n.currency, n.hidden, n.weight, 1 + n.changes"
            " FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])"
            " AS n (sku, price, currency, hidden, weight, changes) ON CONFLICT (sku) DO UPDATE SET"
            " version = o.version + greatest(excluded.version - 1, CASE WHEN o.price_minor IS DISTINCT FROM"
            " excluded.price_minor OR o.currency IS DISTINCT FROM excluded.currency THEN 1 ELSE 0 END),"
            " price_minor = excluded.price_minor, currency = excluded.currency, hidden = excluded.hidden,"
            " weight_g = excluded.weight_g",
            skus.take(), prices.take(), currencies.take(), hidden.take(), weights.take(), changes.take());
    }
    PostgresStatement stock_rows() const {
        PostgresArray skus{Of::texts};
        for (const auto& [sku, known] : known_)
            if (known.offer_written) skus.add(sku);
        return PostgresSession::statement(
            "INSERT INTO stock (sku_no) SELECT o.sku_no FROM offers o WHERE o.sku = ANY ($1) ON CONFLICT DO NOTHING",
            skus.take());
    }
    PostgresStatement products(WallTime now) const {
        PostgresArray skus{Of::texts}, contents{Of::texts}, categories{Of::texts}, changes{Of::integers},
            versions{Of::integers};
        for (const auto& [sku, known] : known_) {
            if (known.times_written == 0) continue;
            skus.add(sku), contents.add(known.content), categories.add(known.category);
            changes.add(known.change_no), versions.add(known.times_written);
        }
        return PostgresSession::statement(
            "INSERT INTO products AS p (sku_no, content, category, change_no, version, created_ms, updated_ms)"
            " SELECT o.sku_no, n.content, n.category, n.change, n.versions, $6, $6"
            " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])"
            " AS n (sku, content, category, change, versions) JOIN offers o ON o.sku = n.sku"
            " ON CONFLICT (sku_no) DO UPDATE SET content = excluded.content, category = excluded.category,"
            " change_no = excluded.change_no, version = p.version + excluded.version,"
            " updated_ms = excluded.updated_ms",
            skus.take(), contents.take(), categories.take(), changes.take(), versions.take(), to_unix_ms(now));
    }

private:
    static void write_offer(Known& known, const Product& product) {
        if (known.offers_like(product)) return;
        if (known.has_offer && known.price != product.price) ++known.price_changes;
        known.has_offer = known.offer_written = true;
        known.price = product.price;
        known.hidden = product.hidden;
        known.weight_g = product.weight_g;
    }

    /// Adds `products` to every level of `path`; `names` are its levels' names, where known.
    void count(std::string_view path, const std::vector<LocalText>* names, std::int64_t products) {
        std::size_t level = 0;
        for (std::size_t end = 0; !path.empty() && end != std::string_view::npos;) {
            end = path.find('/', end == 0 ? 0 : end + 1);
            CategoryDelta& delta = categories_[std::string{path.substr(0, end)}];
            delta.level = level + 1;
            delta.products += products;
            if (names != nullptr) merge(delta.name, names->at(level));
            ++level;
        }
    }

    std::int64_t first_change_ = 0;
    std::int64_t last_change_ = 0;
    std::map<std::string, Known> known_;
    std::map<std::string, CategoryDelta> categories_;
    std::vector<ports::OrderBook::StockChange> first_stock_;
    std::vector<std::string> image_events_;
};

}  // namespace

Task<std::vector<Catalogue::Written>> write_products(PostgresSession& session,
                                                     const std::vector<Catalogue::Write>& writes, const WallTime& now) {
    PostgresArray wanted{Of::texts};
    for (const auto& write : writes) wanted.add(write.product.sku);
    std::vector<PostgresStatement> questions;
    // The lock makes writers of goods take turns; orders do not wait for it.
    questions.push_back(PostgresSession::statement("SELECT change_no FROM catalogue_state WHERE one = 1 FOR UPDATE"));
    questions.push_back(PostgresSession::statement(
        "SELECT o.sku, o.price_minor, o.currency, o.hidden, o.weight_g, s.received, p.content, p.category, p.version"
        " FROM offers o LEFT JOIN stock s ON s.sku_no = o.sku_no LEFT JOIN products p ON p.sku_no = o.sku_no"
        " WHERE o.sku = ANY ($1)",
        wanted.take()));
    auto answers = co_await session.query_all(std::move(questions));
    Deciding deciding;
    deciding.take_state(answers[0]);
    deciding.take_known(answers[1]);
    std::vector<Catalogue::Written> written;
    written.reserve(writes.size());
    for (const auto& write : writes) written.push_back(deciding.decide(write));
    if (!deciding.anything_changed()) co_return written;

    const PostgresValue paths = deciding.category_paths();
    auto names = co_await session.query("SELECT path, name FROM categories WHERE path = ANY ($1)", paths);
    deciding.take_category_names(names);
    auto beside = deciding.beside_orders();
    co_await session.query_all(std::move(beside));

    // From here on orders wait: as little as possible, and set by set.
    co_await change_what_batches_read(session);
    std::vector<PostgresStatement> goods;
    goods.push_back(deciding.offers());
    goods.push_back(deciding.stock_rows());
    co_await session.query_all(std::move(goods));
    co_await receive_stock(session, deciding.first_stock(), now);
    std::vector<PostgresStatement> last;
    last.push_back(deciding.products(now));
    last.push_back(PostgresSession::statement(
        "SELECT add_outbox($1, 'products', $2)", to_unix_ms(now),
        fmt::format(R"([{{"id":"products-{0}","type":"products-changed","change":{0}}}])", deciding.last_change())));
    if (!deciding.image_events().empty())
        last.push_back(PostgresSession::statement("SELECT add_outbox($1, 'images', $2)", to_unix_ms(now),
                                                  fmt::format("[{}]", fmt::join(deciding.image_events(), ","))));
    co_await session.finish_with(std::move(last));
    co_return written;
}

}  // namespace marketday::adapters
