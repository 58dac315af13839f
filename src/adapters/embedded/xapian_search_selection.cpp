#include "adapters/embedded/xapian_search_selection.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace marketday::adapters {
namespace {

/// The smallest set that surely holds all matches.
struct Candidates {
    enum class From : std::uint8_t { few, many, category, price, all };
    From from = From::all;
    std::uint32_t count = 0;
    SearchColumns::Slice slice;  // of by_category or price_up
};

Candidates smallest(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters) {
    Candidates best{.from = Candidates::From::all, .count = columns.products(), .slice = {0, columns.products()}};
    const auto offer = [&best](Candidates other) {
        if (other.count < best.count || (other.count == best.count && best.from == Candidates::From::all)) best = other;
    };
    if (filters.by_price) {
        const auto slice = columns.priced(filters.price_min_minor, filters.price_max_minor);
        offer({.from = Candidates::From::price, .count = slice.size(), .slice = slice});
    }
    if (filters.categories) {
        const auto slice = columns.products_of(*filters.categories);
        offer({.from = Candidates::From::category, .count = slice.size(), .slice = slice});
    }
    switch (matches.form) {
        case TextMatches::Form::all: break;
        case TextMatches::Form::few: offer({.from = Candidates::From::few, .count = matches.count, .slice = {}}); break;
        case TextMatches::Form::many: offer({.from = Candidates::From::many, .count = matches.count, .slice = {}}); break;
    }
    return best;
}

bool text_passes(const TextMatches& matches, SearchDocument document) {
    switch (matches.form) {
        case TextMatches::Form::all: return true;
        case TextMatches::Form::few: return std::ranges::binary_search(matches.few, document);
        case TextMatches::Form::many: return matches.many->has(document);
    }
    return false;
}

/// Calls f(document) for each candidate that passes, looking at every `step`th only.
template <class F>
void visit(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters,
           const Candidates& candidates, std::uint32_t looked_max, F f) {
    const bool every = candidates.count <= looked_max;
    const std::uint32_t looked = every ? candidates.count : looked_max;
    const auto nth = [&](std::uint32_t i) {
        return every ? i : static_cast<std::uint32_t>(std::uint64_t{i} * candidates.count / looked);
    };
    const auto look = [&](SearchDocument d, bool text_known) {
        if (filters.pass(columns.row(d)) && (text_known || text_passes(matches, d))) f(d);
    };
    switch (candidates.from) {
        case Candidates::From::few:
            for (std::uint32_t i = 0; i < looked; ++i) look(matches.few[nth(i)], true);
            return;
        case Candidates::From::many: {
            std::uint32_t seen = 0;
            std::uint32_t taken = 0;
            matches.many->each([&](SearchDocument d) {
                if (taken < looked && seen++ == nth(taken)) {
                    ++taken;
                    look(d, true);
                }
            });
            return;
        }
        case Candidates::From::category:
            for (std::uint32_t i = 0; i < looked; ++i) look(columns.by_category()[candidates.slice.begin + nth(i)], false);
            return;
        case Candidates::From::price:
        case Candidates::From::all: {
            // Without a filter any order will do.
            for (std::uint32_t i = 0; i < looked; ++i) {
                look(columns.at(SearchOrder::price_up, candidates.slice.begin + nth(i)), false);
            }
            return;
        }
    }
}

/// Steps of 1, 2, 5, 10, 20, … : 0 is [0, 1).
class PriceSteps {
public:
    PriceSteps() {
        std::int64_t power = 1;
        bounds_[0] = 0;
        for (std::size_t i = 1; i + 2 < bounds_.size(); i += 3, power *= 10) {
            bounds_[i] = power;
            bounds_[i + 1] = 2 * power;
            bounds_[i + 2] = 5 * power;
        }
    }
    static constexpr std::size_t kCount = 52;
    std::size_t step_of(std::int64_t price) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(bounds_, std::max<std::int64_t>(price, 0)) - bounds_.begin()) - 1;
    }
    std::int64_t bound(std::size_t i) const {
        return i < bounds_.size() ? bounds_[i] : std::numeric_limits<std::int64_t>::max();
    }

private:
    std::array<std::int64_t, kCount> bounds_{};
};
const PriceSteps& price_steps() {
    static const PriceSteps kSteps;
    return kSteps;
}

/// Counts by category at one level below the filter, adding up what is deeper.
class CategoryCounts {
public:
    CategoryCounts(const SearchColumns& columns, const SearchFilters& filters)
        : columns_(columns), range_(filters.categories.value_or(SearchColumns::Slice{0, table_size(columns)})),
          counts_(range_.size(), 0) {
        // The top of the table is "", whose children are level 1.
        level_ = range_.size() == 0 ? 0 : columns.categories()[range_.begin].level + 1;
    }
    void add(std::uint32_t category, std::int64_t products) { counts_[category - range_.begin] += products; }
    std::vector<SearchTally::Count> result(std::uint64_t scale, std::uint64_t of) const {
        const auto& table = columns_.categories();
        std::vector<SearchTally::Count> out;
        for (std::uint32_t i = range_.begin; i < range_.end; ++i) {
            if (table[i].level != level_) continue;
            std::int64_t sum = 0;
            for (std::uint32_t below = i; below < table[i].end; ++below) sum += counts_[below - range_.begin];
            if (sum > 0) out.push_back({i, static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) * scale / of)});
        }
        std::ranges::stable_sort(out, std::greater{}, &SearchTally::Count::products);
        return out;
    }

private:
    static std::uint32_t table_size(const SearchColumns& columns) {
        return static_cast<std::uint32_t>(columns.categories().size());
    }
    const SearchColumns& columns_;
    SearchColumns::Slice range_;
    std::uint32_t level_ = 0;
    std::vector<std::int64_t> counts_;
};

}  // namespace

std::uint32_t DocumentBits::count() const {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
    return static_cast<std::uint32_t>(sum);
}

void DocumentBits::keep_only(const DocumentBits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

void DocumentBits::drop(const DocumentBits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
}

TextMatches TextMatches::of(std::vector<SearchDocument> documents) {
    TextMatches matches{.form = Form::few, .few = std::move(documents), .many = std::nullopt, .count = 0};
    matches.count = static_cast<std::uint32_t>(matches.few.size());
    return matches;
}

TextMatches TextMatches::of(DocumentBits bits) {
    const std::uint32_t count = bits.count();
    if (count > kFewMax) return {.form = Form::many, .few = {}, .many = std::move(bits), .count = count};
    std::vector<SearchDocument> documents;
    documents.reserve(count);
    bits.each([&documents](SearchDocument d) { documents.push_back(d); });
    return of(std::move(documents));
}

SearchTally tally(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters) {
    SearchTally result;
    const Candidates candidates = smallest(columns, matches, filters);
    if (candidates.count == 0) return result;
    const bool every = candidates.count <= TextMatches::kFewMax;
    const std::uint32_t looked = every ? candidates.count : SearchTally::kSampled;
    const std::uint64_t scale = every ? 1 : candidates.count;
    const std::uint64_t of = every ? 1 : looked;

    CategoryCounts categories{columns, filters};
    std::array<std::int64_t, PriceSteps::kCount> prices{};
    std::uint64_t hits = 0;
    visit(columns, matches, filters, candidates, looked, [&](SearchDocument d) {
        const SearchRow& row = columns.row(d);
        ++hits;
        categories.add(row.category, 1);
        if (row.price_minor != SearchRow::kNoPrice) ++prices[price_steps().step_of(row.price_minor)];
    });
    result.total = static_cast<std::int64_t>(hits * scale / of);
    result.facets_are_approximate = !every;
    // When one condition stands alone, its candidates are the matches.
    const int conditions = (filters.by_price ? 1 : 0) + (filters.categories ? 1 : 0) + (matches.form != TextMatches::Form::all ? 1 : 0);
    result.total_is_estimate = !every && conditions > 1;
    if (!result.total_is_estimate && !every) result.total = candidates.count;

    if (!every && matches.form == TextMatches::Form::all && !filters.by_price) {
        // Whole categories: their sizes are known.
        CategoryCounts exact{columns, filters};
        const auto all = SearchColumns::Slice{0, static_cast<std::uint32_t>(columns.categories().size())};
        const auto range = filters.categories.value_or(all);
        for (std::uint32_t i = range.begin; i < range.end; ++i) exact.add(i, columns.products_of({i, i + 1}).size());
        result.categories = exact.result(1, 1);
    } else {
        result.categories = categories.result(scale, of);
    }
    for (std::size_t i = 0; i < prices.size(); ++i) {
        if (prices[i] == 0) continue;
        const auto count = static_cast<std::int64_t>(static_cast<std::uint64_t>(prices[i]) * scale / of);
        result.prices.push_back({price_steps().bound(i), price_steps().bound(i + 1), count});
    }
    return result;
}

void select(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters, SearchOrder order,
            std::uint32_t from, std::size_t wanted, std::int64_t likely, std::vector<SearchDocument>& out) {
    const Candidates candidates = smallest(columns, matches, filters);
    if (candidates.count == 0 || wanted == 0) return;

    std::uint32_t end = columns.products();
    if (filters.by_price && order == SearchOrder::price_up) {
        const auto slice = columns.priced(filters.price_min_minor, filters.price_max_minor);
        from = std::max(from, slice.begin);
        end = slice.end;
    } else if (filters.by_price && order == SearchOrder::price_down) {
        const auto slice = columns.priced(filters.price_min_minor, filters.price_max_minor);
        if (slice.size() == 0) return;
        from = std::max(from, columns.place_of(order, columns.at(SearchOrder::price_up, slice.end - 1)));
        end = columns.place_of(order, columns.at(SearchOrder::price_up, slice.begin)) + 1;
    }
    if (from >= end) return;

    // Walking the order meets a match every `gap` places. Give up when that has cost as much as sorting the candidates.
    const std::size_t first = out.size();
    const auto gap = static_cast<double>(end - from) / static_cast<double>(std::max<std::int64_t>(likely, 1));
    if (candidates.from != Candidates::From::few && gap * static_cast<double>(wanted) < candidates.count) {
        const std::uint32_t walk_max = std::max<std::uint32_t>(candidates.count, 256);
        const std::uint32_t stop = end - from > walk_max ? from + walk_max : end;
        for (std::uint32_t place = from; place < stop; ++place) {
            const SearchDocument d = columns.at(order, place);
            if (!filters.pass(columns.row(d)) || !text_passes(matches, d)) continue;
            out.push_back(d);
            if (out.size() - first == wanted) return;
        }
        if (stop == end) return;
        out.resize(first);
    }
    std::vector<std::pair<std::uint32_t, SearchDocument>> found;
    visit(columns, matches, filters, candidates, std::numeric_limits<std::uint32_t>::max(), [&](SearchDocument d) {
        const std::uint32_t place = columns.place_of(order, d);
        if (place >= from) found.emplace_back(place, d);
    });
    const std::size_t taken = std::min(wanted, found.size());
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(taken));
    for (std::size_t i = 0; i < taken; ++i) out.push_back(found[i].second);
}

}  // namespace marketday::adapters
