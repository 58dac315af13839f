#include "adapters/embedded/xapian_search_schema.hpp"

#include <unicode/uvernum.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "domain/search_text.hpp"

namespace marketday::adapters {
namespace {

using domain::Language;

constexpr Xapian::valueno kRowSlot = 0;
constexpr std::array kVocabularyPrefixes{"Ve", "Vj", "Vk"};  // by Language

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 8> bytes{};
    std::memcpy(bytes.data(), &number, bytes.size());
    out.append(bytes.data(), bytes.size());
}

std::int64_t take_number(std::string_view& bytes) {
    if (bytes.size() < 8) throw Xapian::DatabaseCorruptError("a row of the search index is cut short");
    std::int64_t number = 0;
    std::memcpy(&number, bytes.data(), 8);
    bytes.remove_prefix(8);
    return number;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Days since 1970 of YYYY-MM-DD in the upper half, seconds of the first import in the lower.
std::int64_t newness(const domain::Product& product) {
    const auto released = product.released.empty() ? std::nullopt : from_rfc3339(product.released + "T00:00:00Z");
    const std::int64_t day = released ? *released / 86'400'000 : -365'000;
    const std::int64_t created_s = std::max<std::int64_t>(to_unix_ms(product.created_at) / 1000, 0);
    return day * (std::int64_t{1} << 33) + created_s;
}

std::string encoded_row(const domain::Product& product) {
    std::size_t shortest = 0xffff;
    for (const auto* names : {&product.name, &product.name_derived}) {
        for (const std::string& name : names->texts) {
            if (!name.empty()) shortest = std::min(shortest, characters(name));
        }
    }
    std::string out;
    append_number(out, product.price ? product.price->amount_minor : SearchRow::kNoPrice);
    append_number(out, newness(product));
    append_number(out, static_cast<std::int64_t>(shortest));
    append_number(out, static_cast<std::int64_t>(product.sku.size()));
    return out + product.sku + domain::category_path(product.category);
}

void add_to(SearchColumnsBuilder& builder, SearchDocument document, std::string_view bytes) {
    SearchRow row;
    row.price_minor = take_number(bytes);
    row.newness = take_number(bytes);
    row.name_characters = static_cast<std::uint16_t>(take_number(bytes));
    const auto sku_bytes = static_cast<std::size_t>(take_number(bytes));
    if (sku_bytes > bytes.size()) throw Xapian::DatabaseCorruptError("a row of the search index is cut short");
    builder.add(document, row, bytes.substr(0, sku_bytes), bytes.substr(sku_bytes));
}

std::unique_ptr<const SearchVocabulary> load_vocabulary(const Xapian::Database& index, Language language) {
    const std::string prefix = kVocabularyPrefixes[static_cast<std::size_t>(language)];
    std::vector<SearchVocabulary::Word> words;
    for (auto term = index.allterms_begin(prefix); term != index.allterms_end(prefix); ++term) {
        words.push_back({(*term).substr(prefix.size()), static_cast<std::uint32_t>(term.get_termfreq())});
    }
    return std::make_unique<SearchVocabulary>(std::move(words));
}

void add_names(Xapian::Document& document, const domain::Product& product,
               std::map<std::string, Xapian::termcount>& terms) {
    for (const auto* names : {&product.name, &product.name_derived}) {
        for (const Language language : domain::kLanguages) {
            const std::string& name = names->in(language);
            if (name.empty()) continue;
            for (auto& term : domain::search_terms(name, domain::TermUse::name)) terms[std::move(term)] = kNameWdf;
            const std::string key = domain::whole_name_key(name);
            if (!key.empty()) document.add_boolean_term(whole_name_term(key));
            const std::string prefix = kVocabularyPrefixes[static_cast<std::size_t>(language)];
            for (const auto& word : domain::vocabulary_words(name)) document.add_boolean_term(prefix + word);
        }
    }
}

}  // namespace

std::string search_schema() { return std::string{kSearchSchema} + "-icu" + U_ICU_VERSION; }
std::string sku_term(std::string_view sku) { return "Q" + std::string{sku}; }
std::string text_term(std::string_view term) { return "T" + std::string{term}; }
std::string whole_name_term(std::string_view key) { return "=" + std::string{key}; }
Xapian::valueno name_key_slot(Language language) { return 1 + static_cast<Xapian::valueno>(language); }

SearchOrder name_order(Language language) {
    switch (language) {
        case Language::en: return SearchOrder::name_en;
        case Language::ja: return SearchOrder::name_ja;
        case Language::ko: return SearchOrder::name_ko;
    }
    return SearchOrder::name_en;
}

Xapian::Document search_document(const domain::Product& product) {
    Xapian::Document document;
    std::map<std::string, Xapian::termcount> terms;
    const auto add_prose = [&terms](std::string_view text) {
        for (auto& term : domain::search_terms(text, domain::TermUse::prose)) terms.try_emplace(std::move(term), 1);
    };
    add_names(document, product, terms);
    for (const std::string& text : product.description.texts) add_prose(text);
    for (const auto& level : product.category) {
        for (const std::string& text : level.texts) add_prose(text);
    }
    add_prose(product.sku);
    for (const auto& [term, wdf] : terms) document.add_term(text_term(term), wdf);
    document.add_boolean_term(sku_term(product.sku));
    const std::string whole_sku = domain::whole_name_key(product.sku);
    if (!whole_sku.empty()) document.add_boolean_term(whole_name_term(whole_sku));
    document.add_value(kRowSlot, encoded_row(product));
    for (const Language language : domain::kLanguages) {
        document.add_value(name_key_slot(language), domain::name_sort_key(product.name_in(language), language));
    }
    return document;
}

std::shared_ptr<const DenseTerm> DenseTerms::find(const std::string& term) {
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(term);
    if (found == places_.end()) return nullptr;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return found->second->second;
}

std::shared_ptr<const DenseTerm> DenseTerms::get(const Xapian::Database& index, std::uint32_t documents,
                                                 const std::string& term) {
    if (auto known = find(term)) return known;
    auto dense = std::make_shared<DenseTerm>(DocumentBits{documents}, DocumentBits{documents});
    for (auto i = index.postlist_begin(term); i != index.postlist_end(term); ++i) {
        const SearchDocument d = *i - 1;
        if (d >= documents) break;
        dense->any.set(d);
        if (i.get_wdf() >= kNameWdf) dense->in_name.set(d);
    }
    const std::lock_guard lock{mutex_};
    if (!places_.contains(term)) {
        newest_first_.emplace_front(term, dense);
        places_.emplace(term, newest_first_.begin());
        if (newest_first_.size() > kTermsMax) {
            places_.erase(newest_first_.back().first);
            newest_first_.pop_back();
        }
    }
    return dense;
}

std::size_t SearchSnapshot::bytes() const {
    std::size_t bytes = columns->bytes();
    for (const auto& vocabulary : vocabularies) bytes += vocabulary->bytes();
    return bytes;
}

std::shared_ptr<const SearchSnapshot> load_snapshot(const Xapian::Database& index) {
    auto snapshot = std::make_shared<SearchSnapshot>();
    SearchColumnsBuilder builder{index.get_lastdocid()};
    std::uint32_t rows = 0;
    for (auto i = index.valuestream_begin(kRowSlot); i != index.valuestream_end(kRowSlot); ++i, ++rows) {
        add_to(builder, i.get_docid() - 1, *i);
    }
    if (rows != index.get_doccount())
        throw Xapian::DatabaseCorruptError("the search index lacks rows of some products");
    for (const Language language : domain::kLanguages) {
        builder.order_names(name_order(language), [&](const SearchColumnsBuilder::KeySink& sink) {
            const auto slot = name_key_slot(language);
            for (auto i = index.valuestream_begin(slot); i != index.valuestream_end(slot); ++i)
                sink(i.get_docid() - 1, *i);
        });
        snapshot->vocabularies[static_cast<std::size_t>(language)] = load_vocabulary(index, language);
    }
    snapshot->columns = builder.build();
    return snapshot;
}

}  // namespace marketday::adapters
