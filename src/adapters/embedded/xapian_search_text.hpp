#pragma once

#include <xapian.h>

#include <string>
#include <string_view>
#include <vector>

#include "adapters/embedded/xapian_search_schema.hpp"

namespace marketday::adapters {

/// What a text matches. The tiers share no product and together are `any`.
struct TextResult {
    TextMatches any;
    /// Best first: the whole name; all terms in names; all terms anywhere. When nothing holds all terms: by how many it
    /// holds, at least half.
    std::vector<TextMatches> tiers;
    bool partly = false;
};
/// Bounded work, whatever the text and the size of the index: no list of more than TextMatches::kFewMax documents is
/// walked but the first time after a commit (DenseTerms).
TextResult match_text(const Xapian::Database& index, const SearchSnapshot& snapshot, std::string_view text);

/// The text with each unknown word replaced by the nearest known one; empty when that changes nothing.
std::string respelled(const Xapian::Database& index, const SearchSnapshot& snapshot, std::string_view text);

/// Completions of the last word, then respellings of it.
std::vector<std::string> complete(const SearchSnapshot& snapshot, std::string_view typed, domain::Language language,
                                  std::size_t completions_max);

}  // namespace marketday::adapters
