#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace marketday::domain {

/// The draw of a line: everybody who joined before the opening gets a place by lot, and anybody can check the lot
/// afterwards with SHA-256 and HMAC alone. docs/line.md gives the recipe for other tools, and says what it proves.
///   commitment = SHA-256("marketday-draw-commitment\n" ‖ sale id as text ‖ "\n" ‖ public value ‖ "\n" ‖ secret as
///   hex), shown before the sale entry      = first 16 bytes of SHA-256(ticket text) only its holder knows whose root
///   = SHA-256 chain over the entries in the order they joined                           shown at the opening key =
///   HMAC-SHA-256(secret, root ‖ public value)                                          secret shown after the sale
///   place      = Permutation(key, entries)(index of the entry)

inline constexpr std::size_t kDrawEntriesMax = std::size_t{1} << 24;

using DrawEntry = std::array<std::uint8_t, 16>;

Hash256 draw_commitment(SaleId sale, std::string_view public_value, const Hash256& secret);
DrawEntry draw_entry(std::string_view ticket_text);
Hash256 draw_list_genesis(SaleId sale);
Hash256 draw_list_extend(const Hash256& root, const DrawEntry& entry);
Hash256 draw_key(const Hash256& secret, const Hash256& root, std::string_view public_value);

/// A keyed permutation of [0, size): an alternating Feistel network of ten rounds (as in NIST SP 800-38G's FF1) over
/// the smallest power of two that holds `size`, walked in cycles until it falls inside (Black and Rogaway, 2002). A
/// half has few values, so each round's HMACs are computed once and a place costs some look-ups.
class Permutation {
public:
    /// size: 0..kDrawEntriesMax.
    Permutation(const Hash256& key, std::size_t size);
    std::uint32_t place_of(std::uint32_t index) const;
    std::uint32_t index_at(std::uint32_t place) const;
    std::size_t size() const { return size_; }

private:
    static constexpr unsigned kRounds = 10;
    std::uint32_t encrypt(std::uint32_t value) const;
    std::uint32_t decrypt(std::uint32_t value) const;

    std::size_t size_;
    unsigned left_bits_;
    unsigned right_bits_;
    std::array<std::vector<std::uint32_t>, kRounds> rounds_;
};

/// What the shop publishes about one draw. `secret` only after the sale; `root` and entries only after the opening.
struct PublishedDraw {
    SaleId sale;
    Hash256 commitment{};
    std::string public_value;
    std::optional<Hash256> secret;
    std::optional<Hash256> root;
    std::vector<DrawEntry> entries;  // in the order they joined
};

enum class DrawFault : std::uint8_t {
    list_not_closed,      // nothing to check yet
    secret_not_revealed,  // the list holds, but the sale has not closed: places cannot be checked yet
    commitment_differs,   // secret and public value are not those committed to
    root_differs,         // the list is not the one whose root was published
    repeated_entry,       // one ticket stands twice in the list
    too_many_entries,
    not_listed,  // the asked entry is not in the list
};
std::string_view to_string(DrawFault fault);

/// A draw whose commitment, list and root hold.
class CheckedDraw {
public:
    /// 1 is first. `not_listed` for an entry that was not drawn.
    Result<std::size_t, DrawFault> place_of(const DrawEntry& entry) const;
    std::size_t place_of_index(std::size_t index) const;
    std::size_t size() const { return entries_.size(); }

private:
    friend Result<CheckedDraw, DrawFault> check_draw(PublishedDraw draw);
    CheckedDraw(Permutation permutation, std::vector<DrawEntry> entries)
        : permutation_(std::move(permutation)), entries_(std::move(entries)) {}
    Permutation permutation_;
    std::vector<DrawEntry> entries_;
};

/// Recomputes everything from public data only.
Result<CheckedDraw, DrawFault> check_draw(PublishedDraw draw);

}  // namespace marketday::domain
