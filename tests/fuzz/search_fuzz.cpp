// The search query over a real index: any text, category, price, order and cursor. Every page is within its bounds, and
// what becomes a term becomes the same term again.

#include <optional>

#include "adapters/embedded/xapian_search_cursor.hpp"
#include "adapters/embedded/xapian_search_index.hpp"
#include "base/async/blocking.hpp"
#include "base/async/sim_executor.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "domain/customer.hpp"
#include "domain/search_text.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::fuzz {
namespace {

using ports::SearchIndex;

template <class T>
Task<void> keep(Task<T> task, std::optional<T>* result) {
    result->emplace(co_await std::move(task));
}

class Index {
public:
    Index() {
        std::vector<ports::Catalogue::Change> changes;
        const char* names[] = {"Desk lamp", "데스크 램프", "卓上ランプ", "Café crème 100%", "a", "ﬁne ⅷ"};
        for (std::int64_t i = 0; i < 60; ++i) {
            ports::Catalogue::Change change;
            change.number = i + 1;
            auto& product = change.product;
            product.sku = "s-" + std::to_string(i);
            product.name.in(domain::Language::en) = std::string{names[i % 6]} + " " + std::to_string(i / 6);
            product.category.emplace_back().in(domain::Language::en) = "Home";
            product.price = Money{i * 1000, *Currency::parse("KRW")};
            changes.push_back(std::move(change));
        }
        FUZZ_REQUIRE(run(index.apply(std::move(changes), SearchIndex::Visible::now)).has_value());
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        spawn(executor_, "fuzz", keep(std::move(task), &result));
        while (!result && executor_.step()) {
        }
        FUZZ_REQUIRE(result.has_value());
        return std::move(*result);
    }

private:
    TemporaryDirectory directory_;
    SimExecutor executor_{1};
    InlinePool pool_{executor_};

public:
    adapters::XapianSearchIndex index{{.directory = directory_.path() / "search"}, pool_, pool_};
};

SearchIndex::Query query_of(Pieces& pieces) {
    SearchIndex::Query query;
    query.sort = static_cast<SearchIndex::Sort>(pieces.byte() % 5);
    query.language = domain::kLanguages[pieces.byte() % domain::kLanguages.size()];
    query.products_max = 1 + pieces.byte() % 100;
    if (const std::uint8_t low = pieces.byte(); low < 128) query.price_min_minor = low * 1000;
    if (const std::uint8_t high = pieces.byte(); high < 128) query.price_max_minor = high * 1000;
    query.text = pieces.text().substr(0, SearchIndex::kTextBytesMax);
    query.category = pieces.text();
    query.cursor = pieces.text();
    return query;
}

void check_terms(std::string_view text) {
    for (const auto use : {domain::TermUse::name, domain::TermUse::prose, domain::TermUse::query}) {
        const auto terms = domain::search_terms(text, use);
        if (use == domain::TermUse::query) FUZZ_REQUIRE(terms.size() <= domain::kQueryTermsMax);
        for (const std::string& term : terms) {
            FUZZ_REQUIRE(!term.empty() && term.size() <= domain::kTermBytesMax);
            FUZZ_REQUIRE_SAYING(is_valid_utf8(term), term);
        }
    }
    FUZZ_REQUIRE(domain::whole_name_key(text).size() <= domain::kTermBytesMax);
    FUZZ_REQUIRE(domain::spelling_key(text).size() <= 64);
    FUZZ_REQUIRE(domain::name_sort_key(text, domain::Language::ko).size() <= domain::kSortKeyBytesMax);
    // What makes an address unique must not change when it is done again, or one address could be claimed twice.
    if (const auto address = domain::EmailAddress::parse(text)) {
        const auto again = domain::EmailAddress::parse(address->text());
        FUZZ_REQUIRE_SAYING(again && *again == *address, text);
        const auto claimed = domain::EmailAddress::parse(address->claim());
        FUZZ_REQUIRE_SAYING(claimed && claimed->claim() == address->claim(), text);
    }
    if (const auto password = domain::prepare_password(text)) {
        FUZZ_REQUIRE_SAYING(domain::prepare_password(*password) == password, text);
    }
}

FUZZ_TARGET(search) {
    log::set_level(log::Level::off);
    static Index& shelf = *new Index;  // Kept for the whole run; nothing of it depends on what was asked before.
    Pieces pieces(bytes.substr(0, 2048));
    SearchIndex::Query query = query_of(pieces);
    const std::size_t products_max = query.products_max;
    const std::string text = query.text;
    check_terms(text);
    shelf.run(shelf.index.suggest(text, query.language, 5));
    for (int pages = 0; pages < 3; ++pages) {
        auto page = shelf.run(shelf.index.search(query));
        if (!page) {
            FUZZ_REQUIRE(page.error() == SearchIndex::Error::bad_cursor);
            return;
        }
        FUZZ_REQUIRE(page->skus.size() <= products_max);
        FUZZ_REQUIRE(page->total >= static_cast<std::int64_t>(page->skus.size()));
        if (page->next_cursor.empty()) return;
        const auto cursor = adapters::decode_cursor(page->next_cursor, query);
        FUZZ_REQUIRE(cursor && adapters::encode_cursor(*cursor, query) == page->next_cursor);
        query.cursor = page->next_cursor;
    }
}

}  // namespace
}  // namespace marketday::fuzz
