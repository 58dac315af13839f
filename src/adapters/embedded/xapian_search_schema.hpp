#pragma once

#include <xapian.h>

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/embedded/xapian_search_columns.hpp"
#include "adapters/embedded/xapian_search_selection.hpp"
#include "adapters/embedded/xapian_search_vocabulary.hpp"
#include "domain/product.hpp"

namespace marketday::adapters {

/// How a product lies in the Xapian index. Raise kSearchSchema with any change: an index of another one is built again.
///   Q<sku>        which product a document is
///   T<term>       search_terms of all texts; wdf 2 when a name holds it, else 1
///   =<key>        whole_name_key of each name
///   V<e|j|k><word> vocabulary_words of its names in that language
///   value 0       the row, SKU and category path; values 1.. the sort keys of its name in en, ja, ko
///   metadata      "schema", "applied"
inline constexpr std::string_view kSearchSchema = "1";
std::string search_schema();  // with the Unicode library's version, which decides terms and sort keys

inline constexpr Xapian::termcount kNameWdf = 2;
std::string sku_term(std::string_view sku);
std::string text_term(std::string_view term);
std::string whole_name_term(std::string_view key);
Xapian::valueno name_key_slot(domain::Language language);
SearchOrder name_order(domain::Language language);

Xapian::Document search_document(const domain::Product& product);

/// One term's documents as bits, for terms that very many hold.
struct DenseTerm {
    DocumentBits any;
    DocumentBits in_name;
};

/// Terms lately asked for that more than TextMatches::kFewMax products hold; the least recently used ones go when there
/// are too many. Thread-safe.
class DenseTerms {
public:
    static constexpr std::size_t kTermsMax = 200;  // at 42,844 products 2 MB
    /// Nothing when it is not here.
    std::shared_ptr<const DenseTerm> find(const std::string& term);
    /// Reads the term's whole list when it is not here.
    std::shared_ptr<const DenseTerm> get(const Xapian::Database& index, std::uint32_t documents,
                                         const std::string& term);

private:
    using Kept = std::pair<std::string, std::shared_ptr<const DenseTerm>>;
    std::mutex mutex_;
    std::list<Kept> newest_first_;
    std::map<std::string, std::list<Kept>::iterator, std::less<>> places_;
};

/// What is kept in memory of one commit of the index.
struct SearchSnapshot {
    std::shared_ptr<const SearchColumns> columns;
    std::array<std::unique_ptr<const SearchVocabulary>, domain::kLanguages.size()> vocabularies;
    std::unique_ptr<DenseTerms> dense_terms = std::make_unique<DenseTerms>();

    const SearchVocabulary& vocabulary(domain::Language language) const {
        return *vocabularies[static_cast<std::size_t>(language)];
    }
    std::size_t bytes() const;
};
/// Reads the whole index once. Throws Xapian::Error; Xapian::DatabaseCorruptError when it makes no sense.
std::shared_ptr<const SearchSnapshot> load_snapshot(const Xapian::Database& index);

}  // namespace marketday::adapters
