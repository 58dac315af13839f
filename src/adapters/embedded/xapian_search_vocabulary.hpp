#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/search_text.hpp"

namespace marketday::adapters {

/// The words of product names, for completing what is typed and for finding what was meant. An index of pairs of
/// spelling units over `spelling_key`s picks the words that could be near; only those are compared. In memory, never
/// changed once built; about 60 bytes a word.
class SearchVocabulary {
public:
    struct Word {
        std::string text;
        std::uint32_t products = 0;
    };
    /// `words` of one language, each once.
    explicit SearchVocabulary(std::vector<Word> words);

    bool has(std::string_view word) const;
    struct Near {
        std::string_view text;
        std::size_t edits = 0;
        std::uint32_t products = 0;
    };
    /// Words within spelling_edits_max, nearest first, the more frequent of two equally near; at most `words_max`.
    std::vector<Near> near(std::string_view word, std::size_t words_max) const;
    /// Words that begin as `typed` does, most frequent first, at most `words_max`.
    std::vector<Near> completions(std::string_view typed, std::size_t words_max) const;
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const;

private:
    struct Entry {
        std::uint32_t key_begin = 0;
        std::uint32_t text_begin = 0;
        std::uint32_t products = 0;
        std::uint8_t key_size = 0;
        std::uint8_t text_size = 0;
    };
    std::u16string_view key(const Entry& entry) const {
        return std::u16string_view{keys_}.substr(entry.key_begin, entry.key_size);
    }
    std::string_view text(const Entry& entry) const {
        return std::string_view{texts_}.substr(entry.text_begin, entry.text_size);
    }
    static std::uint32_t pair_slot(char16_t a, char16_t b);

    static constexpr std::uint32_t kSlots = 1 << 13;
    std::vector<Entry> entries_;  // by key, then text
    std::u16string keys_;
    std::string texts_;
    std::vector<std::uint32_t> slot_begins_;  // kSlots + 1
    std::vector<std::uint32_t> slots_;        // entries that hold a pair of that hash
};

}  // namespace marketday::adapters
