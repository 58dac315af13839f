#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/embedded/xapian_search_columns.hpp"

namespace marketday::adapters {

/// One bit a document.
class DocumentBits {
public:
    explicit DocumentBits(std::uint32_t documents) : words_((documents + 63) / 64, 0) {}
    void set(SearchDocument d) { words_[d / 64] |= std::uint64_t{1} << (d % 64); }
    void clear(SearchDocument d) { words_[d / 64] &= ~(std::uint64_t{1} << (d % 64)); }
    bool has(SearchDocument d) const { return d / 64 < words_.size() && ((words_[d / 64] >> (d % 64)) & 1) != 0; }
    std::uint32_t count() const;
    void keep_only(const DocumentBits& other);
    void drop(const DocumentBits& other);
    std::size_t bytes() const { return words_.size() * 8; }
    /// Calls f(document) for each set bit, in order.
    template <class F>
    void each(F f) const {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
                f(static_cast<SearchDocument>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
            }
        }
    }

private:
    std::vector<std::uint64_t> words_;
};

/// What the text matched: everything (no text), a short list, or bits when there are many.
struct TextMatches {
    enum class Form : std::uint8_t { all, few, many };
    Form form = Form::all;
    std::vector<SearchDocument> few;  // ascending
    std::optional<DocumentBits> many;
    std::uint32_t count = 0;  // of few and many

    /// At most this many make a list.
    static constexpr std::uint32_t kFewMax = 4096;
    static TextMatches of(std::vector<SearchDocument> documents);
    static TextMatches of(DocumentBits bits);
};

/// The conditions beside the text, as ranges that a SearchKey is in or not.
struct SearchFilters {
    std::optional<SearchColumns::Slice> categories;  // of the table; an empty slice matches nothing
    std::optional<SearchColumns::Slice> prices;      // of price_up
    bool pass(const SearchKey& key) const {
        if (key.category == SearchKey::kGone) return false;
        if (categories && (key.category < categories->begin || key.category >= categories->end)) return false;
        return !prices || (key.price_place >= prices->begin && key.price_place < prices->end);
    }
};

/// How many products a query has and how they divide. Bounded work: past TextMatches::kFewMax candidates it looks at
/// kSampled of them, evenly spread, and says that it estimates.
struct SearchTally {
    static constexpr std::uint32_t kSampled = 2048;
    std::int64_t total = 0;
    bool total_is_estimate = false;
    bool facets_are_approximate = false;
    struct Count {
        std::uint32_t category = 0;  // in the table
        std::int64_t products = 0;
    };
    std::vector<Count> categories;  // one level below the filtered one; most first
    struct Price {
        std::int64_t from_minor = 0;
        std::int64_t below_minor = 0;
        std::int64_t products = 0;
    };
    std::vector<Price> prices;  // ascending, each 1, 2 or 5 times a power of ten; only those that hold any
};
SearchTally tally(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters);

/// Appends up to `wanted` documents at `from` or later in `order`. `likely` is about how many there are in all: it
/// picks between walking the order and sorting the smallest filter's products; the answer is the same.
void select(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters, SearchOrder order,
            std::uint32_t from, std::size_t wanted, std::int64_t likely, std::vector<SearchDocument>& out);

}  // namespace marketday::adapters
