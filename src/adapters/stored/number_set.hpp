#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marketday::adapters {

/// Numbers (0 or more, in any order) as few bytes: sorted, each as its difference to the one before, seven bits a byte,
/// the low ones first.
std::vector<std::uint8_t> number_set_to_bytes(std::vector<std::int64_t> numbers);
/// What the bytes hold, up to the first that make no sense.
std::vector<std::int64_t> number_set_of_bytes(std::span<const std::uint8_t> bytes);

}  // namespace marketday::adapters
