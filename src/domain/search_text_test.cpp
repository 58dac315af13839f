#include "domain/search_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace marketday::domain {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::Not;

std::vector<std::string> asked(std::string_view text) { return search_terms(text, TermUse::query); }
std::vector<std::string> named(std::string_view text) { return search_terms(text, TermUse::name); }
std::size_t distance(std::string_view a, std::string_view b) {
    return spelling_distance(spelling_key(a), spelling_key(b), 9);
}

TEST(SearchTerms, a_korean_word_becomes_its_overlapping_pairs) {
    EXPECT_THAT(asked("차가운바위"), ElementsAre("차가", "가운", "운바", "바위"));
    EXPECT_THAT(asked("바위"), ElementsAre("바위"));
}

TEST(SearchTerms, a_word_of_two_characters_is_found_inside_a_longer_name) {
    EXPECT_THAT(asked("바위"), IsSubsetOf(named("차가운바위")));
    EXPECT_THAT(asked("支配"), IsSubsetOf(named("黒炎の支配者")));
    EXPECT_THAT(asked("리자"), IsSubsetOf(named("메가리자몽 X ex")));
}

TEST(SearchTerms, a_single_character_is_found_in_names) {
    EXPECT_THAT(asked("岩"), IsSubsetOf(named("冷たい岩")));
    EXPECT_THAT(search_terms("冷たい岩", TermUse::prose), Not(Contains("岩")));
}

TEST(SearchTerms, hiragana_finds_katakana_and_half_width_forms) {
    EXPECT_EQ(asked("ぴかちゅう"), asked("ピカチュウ"));
    EXPECT_EQ(asked("ﾋﾟｶﾁｭｳ"), asked("ピカチュウ"));
    EXPECT_THAT(asked("シャイニートレジャー"), Contains("にー"));
}

TEST(SearchTerms, case_accents_and_width_do_not_matter) {
    EXPECT_THAT(asked("POKÉMON Center"), ElementsAre("pokemon", "center"));
    EXPECT_THAT(asked("ｐｏｋｅｍｏｎ"), ElementsAre("pokemon"));
    EXPECT_THAT(asked("Poke\xCC\x81mon"), ElementsAre("pokemon"));
    EXPECT_THAT(asked("Straße"), ElementsAre("strasse"));
}

TEST(SearchTerms, english_plurals_meet_their_singular) {
    EXPECT_EQ(asked("lights"), asked("LIGHT"));
    EXPECT_EQ(asked("berries"), asked("berry"));
    EXPECT_EQ(asked("plates"), asked("plate"));
    EXPECT_THAT(asked("glass bus"), ElementsAre("glass", "bus"));
}

TEST(SearchTerms, words_and_characters_of_one_name_separate) {
    EXPECT_THAT(asked("リザードンex"), ElementsAre("りざ", "ざー", "ーど", "どん", "ex"));
    EXPECT_THAT(asked("SET 12 LAVENDER  BOTANICAL T-LIGHTS"),
                ElementsAre("set", "12", "lavender", "botanical", "t", "light"));
    EXPECT_THAT(asked("Farfetch\xE2\x80\x99"
                      "d Farfetch'd"),
                ElementsAre("farfetchd"));
}

TEST(SearchTerms, a_query_has_few_terms_without_repeats) {
    EXPECT_THAT(asked("red red RED"), ElementsAre("red"));
    std::string many;
    for (int i = 0; i < 500; ++i) many += std::to_string(i) + " ";
    EXPECT_EQ(asked(many).size(), kQueryTermsMax);
}

TEST(SearchTerms, what_holds_no_letter_gives_no_term) {
    EXPECT_THAT(asked(""), IsEmpty());
    EXPECT_THAT(asked(" \t!?・、。（）"), IsEmpty());
    EXPECT_THAT(asked("\xF0\x9F\x98\x8D"), IsEmpty());
    EXPECT_THAT(asked(std::string_view{"\0\0", 2}), IsEmpty());
}

TEST(SearchTerms, broken_utf8_separates) {
    EXPECT_THAT(asked("red\xFF\xFE"
                      "blue"),
                ElementsAre("red", "blue"));
    EXPECT_THAT(asked("\xED\xA0\x80"), IsEmpty());
}

TEST(SearchTerms, no_term_is_too_long_for_an_index) {
    for (const auto& term : search_terms(std::string(5000, 'x'), TermUse::prose)) EXPECT_LE(term.size(), kTermBytesMax);
    std::string thai;
    for (int i = 0; i < 300; ++i) thai += "ก";
    for (const auto& term : search_terms(thai, TermUse::prose)) EXPECT_LE(term.size(), kTermBytesMax);
}

TEST(WholeNameKey, spaces_marks_and_kana_do_not_part_two_spellings) {
    EXPECT_EQ(whole_name_key("リザードン ex"), whole_name_key("りざーどんEX"));
    EXPECT_NE(whole_name_key("リザードン"), whole_name_key("リザード"));
    EXPECT_EQ(whole_name_key("!!!"), "");
}

TEST(VocabularyWords, are_what_a_shopper_would_type) {
    EXPECT_THAT(vocabulary_words("Team Rocket's Mewtwo-EX (2/100)"), ElementsAre("team", "rockets", "mewtwo", "ex"));
    EXPECT_THAT(vocabulary_words("메가리자몽 X ex"), ElementsAre("메가리자몽", "ex"));
    EXPECT_THAT(vocabulary_words("ピカチュウV"), ElementsAre("ピカチュウ"));
}

TEST(Spelling, korean_words_differ_by_jamo) {
    EXPECT_EQ(distance("피카츄", "피카추"), 1u);
    EXPECT_EQ(distance("리자몽", "리자멍"), 1u);
    EXPECT_EQ(distance("꼬부기", "꼬북이"), 1u);  // one 이응 more
    EXPECT_EQ(distance("닭", "달ㄱ"), 0u);
    EXPECT_GT(distance("피카츄", "라이츄"), 2u);
}

TEST(Spelling, kana_are_one_alphabet_without_length_marks_and_small_letters) {
    EXPECT_EQ(distance("ピカチュウ", "ぴかちゆう"), 0u);
    EXPECT_EQ(distance("リザードン", "リザドン"), 0u);
    EXPECT_EQ(distance("フシギダネ", "フシギダヌ"), 1u);
}

TEST(Spelling, latin_words_differ_by_letters_and_swaps) {
    EXPECT_EQ(distance("Charizard", "charziard"), 1u);
    EXPECT_EQ(distance("pikachu", "pikchu"), 1u);
    EXPECT_EQ(distance("Pokémon", "pokemon"), 0u);
}

TEST(Spelling, distance_stops_at_the_limit) {
    EXPECT_EQ(spelling_distance(u"abcdef", u"uvwxyz", 2), 3u);
    EXPECT_EQ(spelling_distance(u"abc", u"abcdefgh", 2), 3u);
    EXPECT_EQ(spelling_distance(u"", u"ab", 2), 2u);
    EXPECT_EQ(spelling_distance(u"", u"", 0), 0u);
}

TEST(NameSortKey, sorts_as_each_language_does) {
    EXPECT_LT(name_sort_key("가방", Language::ko), name_sort_key("나비", Language::ko));
    EXPECT_LT(name_sort_key("나비", Language::ko), name_sort_key("Zebra", Language::ko))
        << "Hangul before Latin in Korean";
    EXPECT_LT(name_sort_key("Zebra", Language::en), name_sort_key("나비", Language::en));
    EXPECT_LT(name_sort_key("アイス", Language::ja), name_sort_key("いちご", Language::ja));
    EXPECT_LT(name_sort_key("apple", Language::en), name_sort_key("Banana", Language::en));
    EXPECT_LE(name_sort_key(std::string(kNameBytesMax, 'x'), Language::en).size(), kSortKeyBytesMax);
}

}  // namespace
}  // namespace marketday::domain
