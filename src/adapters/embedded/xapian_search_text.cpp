#include "adapters/embedded/xapian_search_text.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "domain/search_text.hpp"

namespace marketday::adapters {
namespace {

using Documents = std::vector<SearchDocument>;

struct Term {
    std::string term;  // with its prefix
    std::uint32_t documents = 0;
};

/// A posting list that is walked forward only.
class Walk {
public:
    Walk(const Xapian::Database& index, const std::string& term)
        : at_(index.postlist_begin(term)), end_(index.postlist_end(term)) {}
    bool ended() const { return at_ == end_; }
    SearchDocument document() const { return *at_ - 1; }
    bool in_name() const { return at_.get_wdf() >= kNameWdf; }
    void next() { ++at_; }
    /// True when `document` is in the list. Ask in ascending order.
    bool reaches(SearchDocument wanted) {
        if (!ended() && document() < wanted) at_.skip_to(wanted + 1);
        return !ended() && document() == wanted;
    }

private:
    Xapian::PostingIterator at_;
    Xapian::PostingIterator end_;
};

/// All documents of one term, at most `documents_max`.
Documents list_of(const Xapian::Database& index, const SearchSnapshot& snapshot, const std::string& term,
                  std::size_t documents_max) {
    Documents out;
    for (Walk walk{index, term}; !walk.ended() && out.size() < documents_max; walk.next()) {
        if (walk.document() >= snapshot.columns->documents()) break;
        out.push_back(walk.document());
    }
    return out;
}

struct AnyAndName {
    TextMatches any;
    TextMatches name_only;     // those of `any` with all terms in names
    TextMatches without_name;  // the others
};

AnyAndName match_few(const Xapian::Database& index, const SearchSnapshot& snapshot, const std::vector<Term>& terms) {
    // A list much longer than the rarest is skipped through; to read the whole of it pays only when it is asked again.
    constexpr std::uint32_t kSkipsPerEntry = 64;
    std::vector<Walk> walks;
    std::vector<std::shared_ptr<const DenseTerm>> dense;
    for (std::size_t i = 1; i < terms.size(); ++i) {
        auto known = terms[i].documents > TextMatches::kFewMax ? snapshot.dense_terms->find(terms[i].term) : nullptr;
        const bool skip =
            terms[i].documents <= TextMatches::kFewMax || terms[i].documents / kSkipsPerEntry > terms[0].documents;
        if (!known && !skip) known = snapshot.dense_terms->get(index, snapshot.columns->documents(), terms[i].term);
        if (known)
            dense.push_back(std::move(known));
        else
            walks.emplace_back(index, terms[i].term);
    }
    Documents any;
    Documents in_name;
    Documents elsewhere;
    for (Walk rarest{index, terms.front().term}; !rarest.ended(); rarest.next()) {
        const SearchDocument d = rarest.document();
        if (d >= snapshot.columns->documents()) break;
        bool all = true;
        bool names = rarest.in_name();
        for (const auto& term : dense) {
            all = all && term->any.has(d);
            names = names && term->in_name.has(d);
        }
        for (auto& walk : walks) {
            if (!all) break;
            all = walk.reaches(d);
            names = names && all && walk.in_name();
        }
        if (!all || !snapshot.columns->has(d)) continue;
        any.push_back(d);
        (names ? in_name : elsewhere).push_back(d);
    }
    return {TextMatches::of(std::move(any)), TextMatches::of(std::move(in_name)),
            TextMatches::of(std::move(elsewhere))};
}

AnyAndName match_many(const Xapian::Database& index, const SearchSnapshot& snapshot, const std::vector<Term>& terms) {
    std::optional<DocumentBits> any;
    std::optional<DocumentBits> names;
    for (const Term& term : terms) {
        const auto dense = snapshot.dense_terms->get(index, snapshot.columns->documents(), term.term);
        if (any) {
            any->keep_only(dense->any);
            names->keep_only(dense->in_name);
        } else {
            any = dense->any;
            names = dense->in_name;
        }
    }
    DocumentBits elsewhere = *any;
    elsewhere.drop(*names);
    return {TextMatches::of(std::move(*any)), TextMatches::of(std::move(*names)),
            TextMatches::of(std::move(elsewhere))};
}

/// Takes `documents` (ascending) out of `matches`.
TextMatches without(TextMatches matches, const Documents& documents) {
    if (matches.form == TextMatches::Form::few) {
        Documents kept;
        std::ranges::set_difference(matches.few, documents, std::back_inserter(kept));
        return TextMatches::of(std::move(kept));
    }
    for (const SearchDocument d : documents) matches.many->clear(d);
    return TextMatches::of(std::move(*matches.many));
}

/// Products that hold at least half of the terms, by how many. Whoever lacks at most n - q of n terms holds one of the
/// n - q + 1 rarest: only their lists are gathered.
TextResult match_partly(const Xapian::Database& index, const SearchSnapshot& snapshot, const std::vector<Term>& terms) {
    const std::size_t needed = (terms.size() + 1) / 2;
    const std::size_t gathered = terms.size() - needed + 1;
    Documents candidates;
    for (std::size_t i = 0; i < gathered; ++i) {
        const Documents some = list_of(index, snapshot, terms[i].term, TextMatches::kFewMax / gathered);
        candidates.insert(candidates.end(), some.begin(), some.end());
    }
    std::ranges::sort(candidates);
    candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());

    std::vector<std::size_t> held(candidates.size(), 0);
    for (const Term& term : terms) {
        Walk walk{index, term.term};
        for (std::size_t i = 0; i < candidates.size() && !walk.ended(); ++i)
            held[i] += walk.reaches(candidates[i]) ? 1 : 0;
    }
    TextResult result{.any = TextMatches::of(Documents{}), .tiers = {}, .partly = true};
    Documents any;
    for (std::size_t count = terms.size(); count >= needed; --count) {
        Documents tier;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (held[i] == count && snapshot.columns->has(candidates[i])) tier.push_back(candidates[i]);
        }
        any.insert(any.end(), tier.begin(), tier.end());
        if (!tier.empty()) result.tiers.push_back(TextMatches::of(std::move(tier)));
    }
    std::ranges::sort(any);
    result.any = TextMatches::of(std::move(any));
    return result;
}

std::vector<std::string> words_of(std::string_view text) { return domain::vocabulary_words(text); }

/// The best respelling over all languages; the word itself when it is known.
std::string best_spelling(const Xapian::Database& index, const SearchSnapshot& snapshot, const std::string& word) {
    for (const auto language : domain::kLanguages) {
        if (snapshot.vocabulary(language).has(word)) return word;
    }
    const auto terms = domain::search_terms(word, domain::TermUse::query);
    if (terms.size() == 1 && index.get_termfreq(text_term(terms.front())) > 0) return word;
    std::optional<SearchVocabulary::Near> best;
    for (const auto language : domain::kLanguages) {
        const auto near = snapshot.vocabulary(language).near(word, 1);
        if (near.empty()) continue;
        const auto rank = [](const SearchVocabulary::Near& n) { return std::tuple{n.edits, ~n.products, n.text}; };
        if (!best || rank(near.front()) < rank(*best)) best = near.front();
    }
    return best ? std::string{best->text} : word;
}

}  // namespace

TextResult match_text(const Xapian::Database& index, const SearchSnapshot& snapshot, std::string_view text) {
    TextResult result{.any = TextMatches::of(Documents{}), .tiers = {}, .partly = false};
    std::vector<Term> terms;
    for (const auto& term : domain::search_terms(text, domain::TermUse::query)) {
        std::string prefixed = text_term(term);
        const auto documents = static_cast<std::uint32_t>(index.get_termfreq(prefixed));
        terms.push_back({std::move(prefixed), documents});
    }
    if (terms.empty()) return result;
    std::ranges::stable_sort(terms, {}, &Term::documents);

    if (terms.front().documents > 0) {
        AnyAndName matched = terms.front().documents <= TextMatches::kFewMax ? match_few(index, snapshot, terms)
                                                                             : match_many(index, snapshot, terms);
        const std::string whole = whole_name_term(domain::whole_name_key(text));
        Documents exact;
        for (const SearchDocument d : list_of(index, snapshot, whole, TextMatches::kFewMax)) {
            const bool matches = matched.any.form == TextMatches::Form::few
                                     ? std::ranges::binary_search(matched.any.few, d)
                                     : matched.any.many->has(d);
            if (matches) exact.push_back(d);
        }
        result.tiers.push_back(TextMatches::of(exact));
        result.tiers.push_back(without(std::move(matched.name_only), exact));
        result.tiers.push_back(without(std::move(matched.without_name), exact));
        result.any = std::move(matched.any);
    }
    if (result.any.count > 0 || terms.size() < 2) return result;
    return match_partly(index, snapshot, terms);
}

std::string respelled(const Xapian::Database& index, const SearchSnapshot& snapshot, std::string_view text) {
    std::string out;
    bool changed = false;
    std::size_t words = 0;
    for (const std::string& word : words_of(text)) {
        if (++words > 8) break;
        const std::string better = best_spelling(index, snapshot, word);
        changed = changed || better != word;
        if (!out.empty()) out += ' ';
        out += better;
    }
    return changed ? out : std::string{};
}

std::vector<std::string> complete(const SearchSnapshot& snapshot, std::string_view typed, domain::Language language,
                                  std::size_t completions_max) {
    const std::size_t last_gap = typed.find_last_of(" \t\n");
    const std::string_view last = last_gap == std::string_view::npos ? typed : typed.substr(last_gap + 1);
    const std::string before{last_gap == std::string_view::npos ? std::string_view{} : typed.substr(0, last_gap + 1)};
    std::vector<std::string> out;
    if (last.empty()) return out;
    const auto take = [&](const std::vector<SearchVocabulary::Near>& words) {
        for (const auto& word : words) {
            std::string whole = before + std::string{word.text};
            if (out.size() < completions_max && std::ranges::find(out, whole) == out.end())
                out.push_back(std::move(whole));
        }
    };
    take(snapshot.vocabulary(language).completions(last, completions_max));
    for (const auto other : domain::kLanguages) {
        if (other != language && out.size() < completions_max)
            take(snapshot.vocabulary(other).completions(last, completions_max));
    }
    if (out.empty()) {
        for (const auto any : domain::kLanguages) take(snapshot.vocabulary(any).near(last, completions_max));
    }
    return out;
}

}  // namespace marketday::adapters
