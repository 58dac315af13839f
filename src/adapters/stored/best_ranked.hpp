#pragma once

#include <algorithm>
#include <vector>

#include "ports/rankings.hpp"

namespace marketday::adapters {

/// The order that Rankings::top promises: highest score first, then by key; at most so many.
inline std::vector<ports::Rankings::Ranked> best_ranked(std::vector<ports::Rankings::Ranked> ranked,
                                                        std::size_t keys_max) {
    const std::size_t shown = std::min(keys_max, ranked.size());
    std::ranges::partial_sort(ranked, ranked.begin() + static_cast<std::ptrdiff_t>(shown),
                              [](const ports::Rankings::Ranked& a, const ports::Rankings::Ranked& b) {
                                  return a.score == b.score ? a.key < b.key : a.score > b.score;
                              });
    ranked.resize(shown);
    return ranked;
}

}  // namespace marketday::adapters
