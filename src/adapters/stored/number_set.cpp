#include "adapters/stored/number_set.hpp"

#include <algorithm>

namespace marketday::adapters {

std::vector<std::uint8_t> number_set_to_bytes(std::vector<std::int64_t> numbers) {
    std::ranges::sort(numbers);
    const auto repeated = std::ranges::unique(numbers);
    numbers.erase(repeated.begin(), repeated.end());
    std::vector<std::uint8_t> bytes;
    bytes.reserve(numbers.size() + 8);
    std::int64_t before = 0;
    for (const std::int64_t number : numbers) {
        auto rest = static_cast<std::uint64_t>(number - before);
        for (; rest >= 0x80; rest >>= 7U) bytes.push_back(static_cast<std::uint8_t>(rest | 0x80U));
        bytes.push_back(static_cast<std::uint8_t>(rest));
        before = number;
    }
    return bytes;
}

std::vector<std::int64_t> number_set_of_bytes(std::span<const std::uint8_t> bytes) {
    std::vector<std::int64_t> numbers;
    std::uint64_t number = 0;
    std::uint64_t difference = 0;
    unsigned shift = 0;
    for (const std::uint8_t byte : bytes) {
        if (shift > 56) break;
        difference |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        shift += 7;
        if ((byte & 0x80U) != 0) continue;
        number += difference;
        numbers.push_back(static_cast<std::int64_t>(number));
        difference = 0;
        shift = 0;
    }
    return numbers;
}

}  // namespace marketday::adapters
