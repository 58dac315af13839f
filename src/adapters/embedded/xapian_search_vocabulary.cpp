#include "adapters/embedded/xapian_search_vocabulary.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace marketday::adapters {
namespace {

constexpr std::size_t kComparedMax = 96;
constexpr std::size_t kCompletionsLookedMax = 4096;
constexpr char16_t kEdge = 1;

/// Calls f(a, b) for each pair of neighbours, the edges of the word counting as a unit.
template <class F>
void each_pair(std::u16string_view key, F f) {
    char16_t before = kEdge;
    for (const char16_t unit : key) f(std::exchange(before, unit), unit);
    f(before, kEdge);
}

}  // namespace

std::uint32_t SearchVocabulary::pair_slot(char16_t a, char16_t b) {
    const std::uint32_t both = (static_cast<std::uint32_t>(a) << 16) | b;
    return (both * 0x9e3779b1U) >> (32 - 13);
}

SearchVocabulary::SearchVocabulary(std::vector<Word> words) {
    std::vector<std::pair<std::u16string, Word>> keyed;
    keyed.reserve(words.size());
    for (auto& word : words) {
        std::u16string key = domain::spelling_key(word.text);
        if (!key.empty() && word.text.size() < 256) keyed.emplace_back(std::move(key), std::move(word));
    }
    std::ranges::sort(keyed, [](const auto& a, const auto& b) {
        return std::pair{std::u16string_view{a.first}, std::string_view{a.second.text}} <
               std::pair{std::u16string_view{b.first}, std::string_view{b.second.text}};
    });
    entries_.reserve(keyed.size());
    slot_begins_.assign(kSlots + 1, 0);
    for (const auto& [key, word] : keyed) {
        entries_.push_back({.key_begin = static_cast<std::uint32_t>(keys_.size()),
                            .text_begin = static_cast<std::uint32_t>(texts_.size()),
                            .products = word.products,
                            .key_size = static_cast<std::uint8_t>(key.size()),
                            .text_size = static_cast<std::uint8_t>(word.text.size())});
        keys_ += key;
        texts_ += word.text;
        each_pair(key, [this](char16_t a, char16_t b) { ++slot_begins_[pair_slot(a, b) + 1]; });
    }
    keys_.shrink_to_fit();
    texts_.shrink_to_fit();
    std::partial_sum(slot_begins_.begin(), slot_begins_.end(), slot_begins_.begin());
    slots_.resize(slot_begins_.back());
    auto next = slot_begins_;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        each_pair(key(entries_[i]), [&](char16_t a, char16_t b) { slots_[next[pair_slot(a, b)]++] = i; });
    }
}

bool SearchVocabulary::has(std::string_view word) const {
    const std::u16string wanted = domain::spelling_key(word);
    const auto found =
        std::ranges::lower_bound(entries_, std::u16string_view{wanted}, {}, [this](const Entry& e) { return key(e); });
    for (auto i = found; i != entries_.end() && key(*i) == wanted; ++i) {
        if (text(*i) == word) return true;
    }
    return false;
}

std::vector<SearchVocabulary::Near> SearchVocabulary::near(std::string_view word, std::size_t words_max) const {
    const std::u16string wanted = domain::spelling_key(word);
    const std::size_t edits_max = domain::spelling_edits_max(wanted.size());
    if (edits_max == 0 || entries_.empty()) return {};

    // An edit spoils at most three pairs (a swap does), so what is near shares the others.
    thread_local std::vector<std::uint8_t> shared;
    shared.assign(entries_.size(), 0);
    std::vector<std::uint32_t> touched;
    each_pair(wanted, [&](char16_t a, char16_t b) {
        const std::uint32_t slot = pair_slot(a, b);
        for (std::uint32_t i = slot_begins_[slot]; i < slot_begins_[slot + 1]; ++i) {
            const std::uint32_t entry = slots_[i];
            if (shared[entry] == 0) touched.push_back(entry);
            if (shared[entry] < 255) ++shared[entry];
        }
    });
    std::erase_if(touched, [&](std::uint32_t i) {
        const std::size_t size = entries_[i].key_size;
        return size > wanted.size() + edits_max || size + edits_max < wanted.size();
    });
    const std::size_t compared = std::min(kComparedMax, touched.size());
    std::ranges::partial_sort(
        touched, touched.begin() + static_cast<std::ptrdiff_t>(compared), [&](std::uint32_t a, std::uint32_t b) {
            return std::tuple{shared[b], entries_[b].products, a} < std::tuple{shared[a], entries_[a].products, b};
        });
    touched.resize(compared);

    std::vector<Near> found;
    for (const std::uint32_t i : touched) {
        const std::size_t edits = domain::spelling_distance(wanted, key(entries_[i]), edits_max);
        if (edits <= edits_max) found.push_back({text(entries_[i]), edits, entries_[i].products});
    }
    std::ranges::sort(found, [](const Near& a, const Near& b) {
        return std::tuple{a.edits, b.products, a.text} < std::tuple{b.edits, a.products, b.text};
    });
    if (found.size() > words_max) found.resize(words_max);
    return found;
}

std::vector<SearchVocabulary::Near> SearchVocabulary::completions(std::string_view typed, std::size_t words_max) const {
    const std::u16string prefix = domain::spelling_key(typed);
    if (prefix.empty()) return {};
    const auto first =
        std::ranges::lower_bound(entries_, std::u16string_view{prefix}, {}, [this](const Entry& e) { return key(e); });
    std::vector<Near> found;
    for (auto i = first; i != entries_.end() && key(*i).starts_with(prefix) && found.size() < kCompletionsLookedMax;
         ++i) {
        found.push_back({text(*i), 0, i->products});
    }
    const std::size_t taken = std::min(words_max, found.size());
    std::ranges::partial_sort(
        found, found.begin() + static_cast<std::ptrdiff_t>(taken),
        [](const Near& a, const Near& b) { return std::pair{b.products, a.text} < std::pair{a.products, b.text}; });
    found.resize(taken);
    return found;
}

std::size_t SearchVocabulary::bytes() const {
    return entries_.size() * sizeof(Entry) + keys_.size() * 2 + texts_.size() +
           (slots_.size() + slot_begins_.size()) * 4;
}

}  // namespace marketday::adapters
