#include "adapters/embedded/xapian_search_vocabulary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace marketday::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<SearchVocabulary::Near>& words) {
    std::vector<std::string> out;
    for (const auto& word : words) out.emplace_back(word.text);
    return out;
}

class Vocabulary : public testing::Test {
protected:
    const SearchVocabulary korean_{
        {{"피카츄", 120}, {"라이츄", 60}, {"리자몽", 90}, {"메가리자몽", 4}, {"리자드", 20}, {"꼬부기", 30}}};
    const SearchVocabulary japanese_{{{"ピカチュウ", 150}, {"ライチュウ", 50}, {"リザードン", 99}, {"フシギダネ", 8}}};
    const SearchVocabulary english_{
        {{"pikachu", 150}, {"pichu", 40}, {"charizard", 99}, {"charmeleon", 20}, {"charmander", 25}}};
};

TEST_F(Vocabulary, a_wrong_vowel_finds_the_korean_word) {
    EXPECT_THAT(texts(korean_.near("피카추", 3)), ElementsAre("피카츄"));
    EXPECT_THAT(texts(korean_.near("리자멍", 1)), ElementsAre("리자몽"));
    EXPECT_THAT(texts(korean_.near("꼬북이", 1)), ElementsAre("꼬부기"));
}

TEST_F(Vocabulary, hiragana_without_length_marks_finds_the_katakana_word) {
    EXPECT_THAT(texts(japanese_.near("ぴかちゅう", 1)), ElementsAre("ピカチュウ"));
    EXPECT_THAT(texts(japanese_.near("リザドン", 1)), ElementsAre("リザードン"));
}

TEST_F(Vocabulary, letters_left_out_or_swapped_find_the_english_word) {
    EXPECT_THAT(texts(english_.near("pikchu", 1)), ElementsAre("pikachu"));
    EXPECT_THAT(texts(english_.near("charziard", 1)), ElementsAre("charizard"));
}

TEST_F(Vocabulary, what_is_far_from_all_words_finds_none) {
    EXPECT_THAT(english_.near("zzzzzz", 5), IsEmpty());
    EXPECT_THAT(english_.near("p", 5), IsEmpty());
    EXPECT_THAT(english_.near("", 5), IsEmpty());
}

TEST_F(Vocabulary, completes_most_frequent_first) {
    EXPECT_THAT(texts(english_.completions("char", 2)), ElementsAre("charizard", "charmander"));
    EXPECT_THAT(texts(japanese_.completions("ら", 5)), ElementsAre("ライチュウ"));
}

TEST_F(Vocabulary, a_syllable_not_yet_whole_completes) {
    EXPECT_THAT(texts(korean_.completions("픽", 5)), IsEmpty());
    EXPECT_THAT(texts(korean_.completions("핔", 5)), ElementsAre("피카츄"));
    EXPECT_THAT(texts(korean_.completions("리", 5)), ElementsAre("리자몽", "리자드"));
}

TEST_F(Vocabulary, knows_its_words_as_they_are_written) {
    EXPECT_TRUE(japanese_.has("ピカチュウ"));
    EXPECT_FALSE(japanese_.has("ぴかちゅう"));
    EXPECT_FALSE(SearchVocabulary{{}}.has("x"));
}

}  // namespace
}  // namespace marketday::adapters
