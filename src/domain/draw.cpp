#include "domain/draw.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace marketday::domain {
namespace {

std::string_view chars(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Hash256 draw_commitment(SaleId sale, std::string_view public_value, const Hash256& secret) {
    return sha256("marketday-draw-commitment\n" + sale.to_string() + "\n" + std::string{public_value} + "\n" +
                  to_hex(secret));
}

DrawEntry draw_entry(std::string_view ticket_text) {
    const Hash256 hash = sha256(ticket_text);
    DrawEntry entry;
    std::copy_n(hash.begin(), entry.size(), entry.begin());
    return entry;
}

Hash256 draw_list_genesis(SaleId sale) { return sha256("marketday-draw-list\n" + sale.to_string()); }

Hash256 draw_list_extend(const Hash256& root, const DrawEntry& entry) {
    std::array<std::uint8_t, 48> bytes;
    std::ranges::copy(root, bytes.begin());
    std::ranges::copy(entry, bytes.begin() + 32);
    return sha256(chars(bytes));
}

Hash256 draw_key(const Hash256& secret, const Hash256& root, std::string_view public_value) {
    std::string message{chars(root)};
    message += public_value;
    return hmac_sha256(secret, message);
}

Permutation::Permutation(const Hash256& key, std::size_t size) : size_(size) {
    MD_ASSERT(size <= kDrawEntriesMax);
    const auto bits = std::max(2U, static_cast<unsigned>(std::bit_width(size == 0 ? 0 : size - 1)));
    left_bits_ = bits / 2;
    right_bits_ = bits - left_bits_;
    for (unsigned round = 0; round < kRounds; ++round) {
        // Even rounds read the right half and change the left one, odd rounds the other way round.
        const unsigned read_bits = round % 2 == 0 ? right_bits_ : left_bits_;
        const unsigned changed_bits = round % 2 == 0 ? left_bits_ : right_bits_;
        auto& table = rounds_[round];
        table.resize(std::size_t{1} << read_bits);
        for (std::size_t value = 0; value < table.size(); ++value) {
            const Hash256 mac = hmac_sha256(key, std::to_string(round) + ":" + std::to_string(value));
            const std::uint32_t word = static_cast<std::uint32_t>(mac[0]) | static_cast<std::uint32_t>(mac[1]) << 8 |
                                       static_cast<std::uint32_t>(mac[2]) << 16 |
                                       static_cast<std::uint32_t>(mac[3]) << 24;
            table[value] = word & ((1U << changed_bits) - 1);
        }
    }
}

std::uint32_t Permutation::encrypt(std::uint32_t value) const {
    std::uint32_t left = value >> right_bits_;
    std::uint32_t right = value & ((1U << right_bits_) - 1);
    for (unsigned round = 0; round < kRounds; round += 2) {
        left ^= rounds_[round][right];
        right ^= rounds_[round + 1][left];
    }
    return left << right_bits_ | right;
}

std::uint32_t Permutation::decrypt(std::uint32_t value) const {
    std::uint32_t left = value >> right_bits_;
    std::uint32_t right = value & ((1U << right_bits_) - 1);
    for (unsigned round = kRounds; round > 0; round -= 2) {
        right ^= rounds_[round - 1][left];
        left ^= rounds_[round - 2][right];
    }
    return left << right_bits_ | right;
}

std::uint32_t Permutation::place_of(std::uint32_t index) const {
    MD_ASSERT(index < size_);
    do index = encrypt(index);
    while (index >= size_);
    return index;
}

std::uint32_t Permutation::index_at(std::uint32_t place) const {
    MD_ASSERT(place < size_);
    do place = decrypt(place);
    while (place >= size_);
    return place;
}

std::string_view to_string(DrawFault fault) {
    switch (fault) {
        case DrawFault::list_not_closed: return "the list has not been closed yet";
        case DrawFault::secret_not_revealed: return "the secret has not been revealed yet";
        case DrawFault::commitment_differs: return "secret and public value are not those committed to before the sale";
        case DrawFault::root_differs: return "the list is not the one whose root was published";
        case DrawFault::repeated_entry: return "an entry stands in the list twice";
        case DrawFault::too_many_entries: return "the list is longer than a draw can be";
        case DrawFault::not_listed: return "the ticket is not in the list";
    }
    MD_ASSERT(false);
}

Result<std::size_t, DrawFault> CheckedDraw::place_of(const DrawEntry& entry) const {
    const auto found = std::ranges::find(entries_, entry);
    if (found == entries_.end()) return fail(DrawFault::not_listed);
    return place_of_index(static_cast<std::size_t>(found - entries_.begin()));
}

std::size_t CheckedDraw::place_of_index(std::size_t index) const {
    return permutation_.place_of(static_cast<std::uint32_t>(index)) + std::size_t{1};
}

Result<CheckedDraw, DrawFault> check_draw(PublishedDraw draw) {
    if (!draw.root) return fail(DrawFault::list_not_closed);
    if (draw.entries.size() > kDrawEntriesMax) return fail(DrawFault::too_many_entries);
    Hash256 root = draw_list_genesis(draw.sale);
    for (const DrawEntry& entry : draw.entries) root = draw_list_extend(root, entry);
    if (root != *draw.root) return fail(DrawFault::root_differs);
    auto sorted = draw.entries;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) return fail(DrawFault::repeated_entry);
    if (!draw.secret) return fail(DrawFault::secret_not_revealed);
    if (draw_commitment(draw.sale, draw.public_value, *draw.secret) != draw.commitment)
        return fail(DrawFault::commitment_differs);
    Permutation permutation{draw_key(*draw.secret, root, draw.public_value), draw.entries.size()};
    return CheckedDraw{std::move(permutation), std::move(draw.entries)};
}

}  // namespace marketday::domain
