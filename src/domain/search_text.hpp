#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "domain/product.hpp"

namespace marketday::domain {

/// How text becomes search terms, the same for what is stored and what is asked. NFKC and case folding (Unicode, by
/// ICU); Latin letters lose their accents; katakana becomes hiragana, so either finds both. Then:
/// * a run of Han, kana or Hangul becomes its overlapping pairs, so a word of two characters finds its goods anywhere
/// in
///   a sentence without a dictionary;
/// * a run of other letters and digits is a word; English plurals lose their s (Harman's S-stemmer);
/// * everything else separates. Bytes that are not UTF-8 separate too.
/// Pure and thread-safe.
enum class TermUse {
    name,   // pairs and single characters
    prose,  // pairs; a single character only when it stands alone
    query,  // as prose, without repeats, at most kQueryTermsMax
};
inline constexpr std::size_t kQueryTermsMax = 16;
inline constexpr std::size_t kTermBytesMax = 120;
std::vector<std::string> search_terms(std::string_view text, TermUse use);

/// A whole name as one term: folded, without what separates. Two spellings of one name give one key. Empty when nothing
/// is left; at most kTermBytesMax.
std::string whole_name_key(std::string_view name);

/// The words of a name as a shopper would type them: NFKC, lower case, accents and kana as they are; 2 to 24
/// characters, at least one of them a letter.
std::vector<std::string> vocabulary_words(std::string_view name);

/// What two spellings of a word have in common, for finding what was meant. Hangul falls apart into jamo (a final
/// consonant equals an initial one, clusters are two), kana become plain hiragana without length marks, Latin letters
/// lose case and accents. At most 64 units.
std::u16string spelling_key(std::string_view word);

/// Edits between two keys: insert, delete, replace, swap neighbours (optimal string alignment). More than `edits_max`
/// gives edits_max + 1.
std::size_t spelling_distance(std::u16string_view a, std::u16string_view b, std::size_t edits_max);
/// How many edits are forgiven in a key of this length.
std::size_t spelling_edits_max(std::size_t key_length);

/// Bytes that sort as a reader of `language` expects (CLDR root with its tailoring), at most kSortKeyBytesMax.
inline constexpr std::size_t kSortKeyBytesMax = 48;
std::string name_sort_key(std::string_view name, Language language);

}  // namespace marketday::domain
