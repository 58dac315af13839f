#include "adapters/embedded/xapian_search_selection.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
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
    if (filters.prices)
        offer({.from = Candidates::From::price, .count = filters.prices->size(), .slice = *filters.prices});
    if (filters.categories) {
        const auto slice = columns.products_of(*filters.categories);
        offer({.from = Candidates::From::category, .count = slice.size(), .slice = slice});
    }
    switch (matches.form) {
        case TextMatches::Form::all: break;
        case TextMatches::Form::few: offer({.from = Candidates::From::few, .count = matches.count, .slice = {}}); break;
        case TextMatches::Form::many:
            offer({.from = Candidates::From::many, .count = matches.count, .slice = {}});
            break;
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

/// Calls f(document, key) for each candidate that passes; looks at no more than `looked_max`, evenly spread.
template <class F>
void visit(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters,
           const Candidates& candidates, std::uint32_t looked_max, F f) {
    const bool every = candidates.count <= looked_max;
    const std::uint32_t looked = every ? candidates.count : looked_max;
    const auto nth = [&](std::uint32_t i) {
        return every ? i : static_cast<std::uint32_t>(std::uint64_t{i} * candidates.count / looked);
    };
    const auto look = [&](SearchDocument d, const SearchKey& key, bool text_known) {
        if (filters.pass(key) && (text_known || text_passes(matches, d))) f(d, key);
    };
    switch (candidates.from) {
        case Candidates::From::few:
            for (std::uint32_t i = 0; i < looked; ++i)
                look(matches.few[nth(i)], columns.key(matches.few[nth(i)]), true);
            return;
        case Candidates::From::many: {
            std::uint32_t seen = 0;
            std::uint32_t taken = 0;
            matches.many->each([&](SearchDocument d) {
                if (taken < looked && seen++ == nth(taken)) {
                    ++taken;
                    look(d, columns.key(d), true);
                }
            });
            return;
        }
        case Candidates::From::category:
            for (std::uint32_t i = 0; i < looked; ++i) {
                const std::uint32_t place = candidates.slice.begin + nth(i);
                look(columns.by_category()[place], columns.key_by_category(place), false);
            }
            return;
        case Candidates::From::price:
        case Candidates::From::all: {
            // Without a filter any order will do.
            for (std::uint32_t i = 0; i < looked; ++i) {
                const std::uint32_t place = candidates.slice.begin + nth(i);
                look(columns.at(SearchOrder::price_up, place), columns.key_at(SearchOrder::price_up, place), false);
            }
            return;
        }
    }
}

/// Steps of price: 0, 1, 2, 5, 10, 20, … and where each begins in price_up.
class PriceSteps {
public:
    explicit PriceSteps(const SearchColumns& columns) {
        std::int64_t power = 1;
        for (std::size_t i = 1; i + 2 < kCount; i += 3, power *= 10) {
            bounds_[i] = power;
            bounds_[i + 1] = 2 * power;
            bounds_[i + 2] = 5 * power;
        }
        // Past the largest price there is, all begin at the end.
        places_.fill(columns.priced());
        for (std::size_t i = 0; i < kCount; ++i) {
            places_[i] = columns.priced(bounds_[i], SearchRow::kNoPrice - 1).begin;
            if (places_[i] == columns.priced()) break;
        }
    }
    static constexpr std::size_t kCount = 49;
    std::size_t step_of(std::uint32_t price_place) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(places_, price_place) - places_.begin()) - 1;
    }
    std::int64_t bound(std::size_t i) const {
        return i < bounds_.size() ? bounds_[i] : std::numeric_limits<std::int64_t>::max();
    }

private:
    std::array<std::int64_t, kCount> bounds_{};
    std::array<std::uint32_t, kCount> places_{};
};

/// Counts by category at one level below the filter, adding up what is deeper.
class CategoryCounts {
public:
    CategoryCounts(const SearchColumns& columns, const SearchFilters& filters)
        : columns_(columns),
          range_(filters.categories.value_or(SearchColumns::Slice{0, table_size(columns)})),
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
    const PriceSteps steps{columns};
    std::uint64_t hits = 0;
    visit(columns, matches, filters, candidates, looked, [&](SearchDocument, const SearchKey& key) {
        ++hits;
        categories.add(key.category, 1);
        if (key.price_place < columns.priced()) ++prices[steps.step_of(key.price_place)];
    });
    result.total = static_cast<std::int64_t>(hits * scale / of);
    result.facets_are_approximate = !every;
    // When one condition stands alone, its candidates are the matches.
    const int conditions =
        (filters.prices ? 1 : 0) + (filters.categories ? 1 : 0) + (matches.form != TextMatches::Form::all ? 1 : 0);
    result.total_is_estimate = !every && conditions > 1;
    if (!result.total_is_estimate && !every) result.total = candidates.count;

    if (!every && matches.form == TextMatches::Form::all && !filters.prices) {
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
        result.prices.push_back({steps.bound(i), steps.bound(i + 1), count});
    }
    return result;
}

namespace {

/// What looking one candidate up and sorting it costs, in steps along an order.
constexpr std::uint32_t kStepsPerCandidate = 16;

/// The newest first, within a category and those below it: each keeps its own newest first, so they are merged until
/// enough has passed. False, and nothing in `out`, when that would take longer than `steps_max`. (To walk the order of
/// all goods takes long here: what is new comes in blocks of one category, and the next block may be far.)
bool merge_newest(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters,
                  std::uint32_t from, std::size_t wanted, std::uint32_t steps_max, std::vector<SearchDocument>& out) {
    struct Head {
        std::uint32_t place;  // in the order
        std::uint32_t at;     // in by_category
        std::uint32_t end;
    };
    const auto place = [&columns](std::uint32_t at) {
        return columns.place_of(SearchOrder::newest, columns.by_category()[at]);
    };
    std::vector<Head> heads;
    for (std::uint32_t i = filters.categories->begin; i < filters.categories->end; ++i) {
        const auto slice = columns.products_of({i, i + 1});
        std::uint32_t low = slice.begin;
        std::uint32_t high = from == 0 ? slice.begin : slice.end;
        while (low < high) {
            const std::uint32_t middle = std::midpoint(low, high);
            if (place(middle) < from)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < slice.end) heads.push_back({place(low), low, slice.end});
    }
    const auto later = [](const Head& a, const Head& b) { return a.place > b.place; };
    std::ranges::make_heap(heads, later);
    const std::size_t first = out.size();
    for (std::uint32_t steps = 0; !heads.empty() && out.size() - first < wanted; ++steps) {
        if (steps == steps_max) {
            out.resize(first);
            return false;
        }
        std::ranges::pop_heap(heads, later);
        Head& head = heads.back();
        const SearchDocument d = columns.by_category()[head.at];
        if (filters.pass(columns.key_by_category(head.at)) && text_passes(matches, d)) out.push_back(d);
        if (++head.at == head.end) {
            heads.pop_back();
        } else {
            head.place = place(head.at);
            std::ranges::push_heap(heads, later);
        }
    }
    return true;
}

}  // namespace

void select(const SearchColumns& columns, const TextMatches& matches, const SearchFilters& filters, SearchOrder order,
            std::uint32_t from, std::size_t wanted, std::int64_t likely, std::vector<SearchDocument>& out) {
    const Candidates candidates = smallest(columns, matches, filters);
    if (candidates.count == 0 || wanted == 0) return;

    std::uint32_t end = columns.products();
    if (filters.prices && order == SearchOrder::price_up) {
        from = std::max(from, filters.prices->begin);
        end = filters.prices->end;
    } else if (filters.prices && order == SearchOrder::price_down) {
        from = std::max(from, columns.priced() - filters.prices->end);
        end = columns.priced() - filters.prices->begin;
    }
    if (from >= end) return;

    if (order == SearchOrder::newest && filters.categories && candidates.from != Candidates::From::few &&
        filters.categories->size() < candidates.count / kStepsPerCandidate &&
        merge_newest(columns, matches, filters, from, wanted, candidates.count / kStepsPerCandidate, out))
        return;
    // Walking the order meets a match every `gap` places; each costs a fraction of a candidate's, which must be looked
    // up and sorted. Give up when the walk has cost as much as they would.
    const std::size_t first = out.size();
    const auto gap = static_cast<double>(end - from) / static_cast<double>(std::max<std::int64_t>(likely, 1));
    if (candidates.from != Candidates::From::few &&
        gap * static_cast<double>(wanted) < static_cast<double>(candidates.count) * kStepsPerCandidate) {
        const std::uint32_t walk_max = std::max<std::uint32_t>(candidates.count, 256) * kStepsPerCandidate;
        const std::uint32_t stop = end - from > walk_max ? from + walk_max : end;
        for (std::uint32_t place = from; place < stop; ++place) {
            if (!filters.pass(columns.key_at(order, place))) continue;
            const SearchDocument d = columns.at(order, place);
            if (!text_passes(matches, d)) continue;
            out.push_back(d);
            if (out.size() - first == wanted) return;
        }
        if (stop == end) return;
        out.resize(first);
    }
    std::vector<std::pair<std::uint32_t, SearchDocument>> found;
    visit(columns, matches, filters, candidates, std::numeric_limits<std::uint32_t>::max(),
          [&](SearchDocument d, const SearchKey&) {
              const std::uint32_t place = columns.place_of(order, d);
              if (place >= from) found.emplace_back(place, d);
          });
    const std::size_t taken = std::min(wanted, found.size());
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(taken));
    for (std::size_t i = 0; i < taken; ++i) out.push_back(found[i].second);
}

}  // namespace marketday::adapters
