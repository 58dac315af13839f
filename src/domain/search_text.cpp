#include "domain/search_text.hpp"

#include <unicode/coll.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <new>

#include "base/assert.hpp"

namespace marketday::domain {
namespace {

constexpr std::size_t kWordCharactersMax = 40;
constexpr std::size_t kProseBytesMax = 16'000;

enum class Script { separator, cjk, word };

const icu::Normalizer2& folding() {
    UErrorCode code = U_ZERO_ERROR;
    static const icu::Normalizer2* const kFolding = icu::Normalizer2::getNFKCCasefoldInstance(code);
    MD_ASSERT(kFolding != nullptr);
    return *kFolding;
}

const icu::Normalizer2& decomposing() {
    UErrorCode code = U_ZERO_ERROR;
    static const icu::Normalizer2* const kDecomposing = icu::Normalizer2::getNFDInstance(code);
    MD_ASSERT(kDecomposing != nullptr);
    return *kDecomposing;
}

bool is_combining(UChar32 c) { return c >= 0x0300 && c <= 0x036f; }
bool is_apostrophe(UChar32 c) { return c == '\'' || c == 0x2019 || c == 0x02bc; }

Script script_of(UChar32 c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? Script::word : Script::separator;
    if (c >= 0xac00 && c <= 0xd7a3) return Script::cjk;
    if (c >= 0x1100 && c <= 0x11ff) return Script::cjk;
    if (c >= 0x3041 && c <= 0x3096) return Script::cjk;
    if (c == 0x30fc || c == 0x3005 || c == 0x3007 || c == 0x309d || c == 0x309e) return Script::cjk;
    if ((c >= 0x30a1 && c <= 0x30fa) || (c >= 0x31f0 && c <= 0x31ff)) return Script::cjk;
    if (c >= 0x4e00 && c <= 0x9fff) return Script::cjk;
    if (u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC)) return Script::cjk;
    if (u_isalnum(c)) return Script::word;
    const auto type = u_charType(c);
    return type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK ? Script::word : Script::separator;
}

UChar32 without_accent(UChar32 c) {
    const bool latin = (c >= 0x00c0 && c <= 0x024f) || (c >= 0x1e00 && c <= 0x1eff);
    if (!latin) return c;
    icu::UnicodeString parts;
    return decomposing().getDecomposition(c, parts) ? without_accent(parts.char32At(0)) : c;
}

UChar32 hiragana_of(UChar32 c) {
    if (c >= 0x30a1 && c <= 0x30f6) return c - 0x60;
    if (c == 0x30fd || c == 0x30fe) return c - 0x60;
    return c;
}

/// Small kana as large ones: what is easily mistyped.
UChar32 large_kana(UChar32 c) {
    switch (c) {
        case 0x3041:
        case 0x3043:
        case 0x3045:
        case 0x3047:
        case 0x3049:  // ぁぃぅぇぉ
        case 0x3063:  // っ
        case 0x3083:
        case 0x3085:
        case 0x3087:
        case 0x308e:  // ゃゅょゎ
            return c + 1;
        case 0x3095: return 0x304b;  // ゕ
        case 0x3096: return 0x3051;  // ゖ
        default: return c;
    }
}

icu::UnicodeString normalised(std::string_view text) {
    const std::string_view bounded = text.substr(0, std::min(text.size(), kProseBytesMax));
    const auto size = static_cast<int32_t>(bounded.size());
    const icu::UnicodeString whole = icu::UnicodeString::fromUTF8({bounded.data(), size});
    UErrorCode code = U_ZERO_ERROR;
    icu::UnicodeString folded = folding().normalize(whole, code);
    return U_SUCCESS(code) ? folded : icu::UnicodeString{};
}

void append_utf8(std::string& out, UChar32 c) { icu::UnicodeString{c}.toUTF8String(out); }

struct Run {
    Script script = Script::separator;
    std::vector<UChar32> characters;
};

/// Splits folded text into runs of one script. `fold` maps each character first.
template <class Fold>
std::vector<Run> runs_of(const icu::UnicodeString& text, Fold fold) {
    std::vector<Run> runs;
    bool open = false;
    for (int32_t i = 0; i < text.length();) {
        const UChar32 raw = text.char32At(i);
        i += U16_LENGTH(raw);
        if (is_combining(raw)) continue;
        if (is_apostrophe(raw) && open && runs.back().script == Script::word) continue;
        const UChar32 c = fold(raw);
        const Script script = script_of(c);
        if (script == Script::separator) {
            open = false;
            continue;
        }
        if (!open || runs.back().script != script) runs.push_back({.script = script, .characters = {}});
        runs.back().characters.push_back(c);
        open = true;
    }
    return runs;
}

std::vector<Run> folded_runs(std::string_view text) {
    return runs_of(normalised(text), [](UChar32 c) { return hiragana_of(without_accent(c)); });
}

std::string utf8_of(const std::vector<UChar32>& characters, std::size_t begin, std::size_t count) {
    std::string out;
    const std::size_t end = std::min(begin + count, characters.size());
    for (std::size_t i = begin; i < end; ++i) append_utf8(out, characters[i]);
    return out;
}

/// D. Harman, "How effective is suffixing?", JASIS 42(1), 1991.
void strip_plural(std::string& word) {
    if (word.size() <= 3 || !word.ends_with('s')) return;
    if (!std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) return;
    if (word.ends_with("ies") && !word.ends_with("eies") && !word.ends_with("aies")) {
        word.replace(word.size() - 3, 3, "y");
    } else if (word.ends_with("es") && !word.ends_with("aes") && !word.ends_with("ees") && !word.ends_with("oes")) {
        word.pop_back();
    } else if (!word.ends_with("us") && !word.ends_with("ss") && !word.ends_with("es")) {
        word.pop_back();
    }
}

void append_terms(std::vector<std::string>& terms, const Run& run, TermUse use) {
    const auto& c = run.characters;
    if (run.script == Script::word) {
        std::string word = utf8_of(c, 0, kWordCharactersMax);
        if (word.size() > kTermBytesMax) word = utf8_of(c, 0, kTermBytesMax / 4);
        strip_plural(word);
        terms.push_back(std::move(word));
        return;
    }
    if (use == TermUse::name || c.size() == 1) {
        for (std::size_t i = 0; i < c.size(); ++i) terms.push_back(utf8_of(c, i, 1));
    }
    for (std::size_t i = 0; i + 1 < c.size(); ++i) terms.push_back(utf8_of(c, i, 2));
}

// Initial and final consonants of Hangul as one alphabet (U+3131..), clusters of finals as two.
constexpr std::array<char16_t, 19> kInitials{0x3131, 0x3132, 0x3134, 0x3137, 0x3138, 0x3139, 0x3141,
                                             0x3142, 0x3143, 0x3145, 0x3146, 0x3147, 0x3148, 0x3149,
                                             0x314a, 0x314b, 0x314c, 0x314d, 0x314e};
constexpr std::array<std::array<char16_t, 2>, 28> kFinals{
    {{0, 0},           {0x3131, 0},      {0x3132, 0},      {0x3131, 0x3145}, {0x3134, 0},      {0x3134, 0x3148},
     {0x3134, 0x314e}, {0x3137, 0},      {0x3139, 0},      {0x3139, 0x3131}, {0x3139, 0x3141}, {0x3139, 0x3142},
     {0x3139, 0x3145}, {0x3139, 0x314c}, {0x3139, 0x314d}, {0x3139, 0x314e}, {0x3141, 0},      {0x3142, 0},
     {0x3142, 0x3145}, {0x3145, 0},      {0x3146, 0},      {0x3147, 0},      {0x3148, 0},      {0x314a, 0},
     {0x314b, 0},      {0x314c, 0},      {0x314d, 0},      {0x314e, 0}}};
constexpr char16_t kFirstVowel = 0x314f;

void append_final(std::u16string& key, std::size_t final) {
    for (const char16_t letter : kFinals[final]) {
        if (letter != 0) key.push_back(letter);
    }
}

void append_spelling(std::u16string& key, UChar32 c) {
    if (c >= 0xac00 && c <= 0xd7a3) {
        const auto syllable = static_cast<std::size_t>(c - 0xac00);
        key.push_back(kInitials[syllable / 588]);
        key.push_back(static_cast<char16_t>(kFirstVowel + syllable % 588 / 28));
        append_final(key, syllable % 28);
    } else if (c >= 0x1100 && c < 0x1113) {
        key.push_back(kInitials[static_cast<std::size_t>(c - 0x1100)]);
    } else if (c >= 0x1161 && c < 0x1176) {
        key.push_back(static_cast<char16_t>(kFirstVowel + (c - 0x1161)));
    } else if (c >= 0x11a8 && c < 0x11c3) {
        append_final(key, static_cast<std::size_t>(c - 0x11a7));
    } else if (c != 0x30fc) {
        const UChar32 folded = large_kana(hiragana_of(without_accent(c)));
        key.push_back(folded <= 0xffff ? static_cast<char16_t>(folded)
                                       : static_cast<char16_t>(folded ^ (folded >> 16)));
    }
}

}  // namespace

std::vector<std::string> search_terms(std::string_view text, TermUse use) {
    std::vector<std::string> terms;
    for (const Run& run : folded_runs(text)) {
        append_terms(terms, run, use);
        if (use == TermUse::query && terms.size() > 4 * kQueryTermsMax) break;
    }
    if (use != TermUse::query) return terms;
    std::vector<std::string> distinct;
    for (auto& term : terms) {
        if (distinct.size() == kQueryTermsMax) break;
        if (std::ranges::find(distinct, term) == distinct.end()) distinct.push_back(std::move(term));
    }
    return distinct;
}

std::string whole_name_key(std::string_view name) {
    std::string key;
    for (const Run& run : folded_runs(name)) {
        for (const UChar32 c : run.characters) {
            if (key.size() + 4 > kTermBytesMax) return key;
            append_utf8(key, c);
        }
    }
    return key;
}

std::vector<std::string> vocabulary_words(std::string_view name) {
    std::vector<std::string> words;
    for (const Run& run : runs_of(normalised(name), [](UChar32 c) { return c; })) {
        if (run.characters.size() < 2 || run.characters.size() > 24) continue;
        if (std::ranges::none_of(run.characters, [](UChar32 c) { return u_isalpha(c) != 0; })) continue;
        words.push_back(utf8_of(run.characters, 0, run.characters.size()));
    }
    return words;
}

std::u16string spelling_key(std::string_view word) {
    constexpr std::size_t kKeyUnitsMax = 64;
    std::u16string key;
    const icu::UnicodeString text = normalised(word);
    for (int32_t i = 0; i < text.length() && key.size() < kKeyUnitsMax;) {
        const UChar32 c = text.char32At(i);
        i += U16_LENGTH(c);
        if (!is_combining(c) && !is_apostrophe(c)) append_spelling(key, c);
    }
    if (key.size() > kKeyUnitsMax) key.resize(kKeyUnitsMax);
    return key;
}

std::size_t spelling_distance(std::u16string_view a, std::u16string_view b, std::size_t edits_max) {
    const std::size_t longer = std::max(a.size(), b.size());
    if (longer - std::min(a.size(), b.size()) > edits_max || longer > 128) return edits_max + 1;
    std::array<std::array<std::size_t, 130>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i - 1) % 3];
        const auto& two_above = rows[(i + 1) % 3];
        row[0] = i;
        std::size_t least = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
            least = std::min(least, row[j]);
        }
        if (least > edits_max) return edits_max + 1;
    }
    return std::min(rows[a.size() % 3][b.size()], edits_max + 1);
}

std::size_t spelling_edits_max(std::size_t key_length) {
    if (key_length < 2) return 0;
    if (key_length <= 5) return 1;
    return key_length <= 9 ? 2 : 3;
}

std::string name_sort_key(std::string_view name, Language language) {
    // A collator keeps state while it compares, so each thread has its own.
    thread_local std::array<std::unique_ptr<icu::Collator>, kLanguages.size()> collators;
    auto& collator = collators[static_cast<std::size_t>(language)];
    if (!collator) {
        UErrorCode code = U_ZERO_ERROR;
        std::unique_ptr<icu::Collator> made{
            icu::Collator::createInstance(icu::Locale{std::string{to_string(language)}.c_str()}, code)};
        // Its data is part of the library: only memory can be missing, which ICU does not always say.
        if (U_FAILURE(code) || !made) throw std::bad_alloc{};
        collator = std::move(made);
    }
    const std::string_view bounded = name.substr(0, kNameBytesMax);
    const icu::UnicodeString text =
        icu::UnicodeString::fromUTF8({bounded.data(), static_cast<int32_t>(bounded.size())});
    std::array<std::uint8_t, kSortKeyBytesMax> bytes{};
    const auto needed =
        static_cast<std::size_t>(collator->getSortKey(text, bytes.data(), static_cast<int32_t>(bytes.size())));
    return {reinterpret_cast<const char*>(bytes.data()), std::min(needed, bytes.size())};
}

}  // namespace marketday::domain
