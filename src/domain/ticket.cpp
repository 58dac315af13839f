#include "domain/ticket.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.hpp"

namespace marketday::domain {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kClaimBytes = 1 + 16 + 16 + 8;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kTextBytes = 76;
static_assert((kClaimBytes + kTagBytes) % 3 == 0, "every bit of the text counts, so one ticket has one text");

using Tag = std::array<std::uint8_t, kTagBytes>;

Tag tag_of(std::span<const std::uint8_t> claims, const Hash256& key) {
    const Hash256 hash =
        blake2b_keyed(key, std::string_view{reinterpret_cast<const char*>(claims.data()), claims.size()});
    Tag tag;
    std::copy_n(hash.begin(), kTagBytes, tag.begin());
    return tag;
}

}  // namespace

std::string sign_ticket(const Ticket& ticket, const Hash256& key) {
    std::array<std::uint8_t, kClaimBytes + kTagBytes> bytes;
    bytes[0] = kVersion;
    std::ranges::copy(ticket.sale.uuid.bytes, bytes.begin() + 1);
    std::ranges::copy(ticket.customer.uuid.bytes, bytes.begin() + 17);
    const auto sequence = static_cast<std::uint64_t>(ticket.sequence);
    for (std::size_t byte = 0; byte < 8; ++byte) bytes[33 + byte] = static_cast<std::uint8_t>(sequence >> (8 * byte));
    std::ranges::copy(tag_of(std::span{bytes}.first(kClaimBytes), key), bytes.begin() + kClaimBytes);
    return to_base64url(bytes);
}

Result<Ticket, TicketError> verify_ticket(std::string_view text, const Hash256& key) {
    if (text.size() != kTextBytes) return fail(TicketError::malformed);
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != kClaimBytes + kTagBytes || bytes->front() != kVersion)
        return fail(TicketError::malformed);
    const std::span<const std::uint8_t> all{*bytes};
    if (!equal_secret(tag_of(all.first(kClaimBytes), key), all.subspan(kClaimBytes))) return fail(TicketError::forged);

    Ticket ticket;
    std::ranges::copy(all.subspan(1, 16), ticket.sale.uuid.bytes.begin());
    std::ranges::copy(all.subspan(17, 16), ticket.customer.uuid.bytes.begin());
    std::uint64_t sequence = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) sequence |= static_cast<std::uint64_t>(all[33 + byte]) << (8 * byte);
    ticket.sequence = static_cast<std::int64_t>(sequence);
    return ticket;
}

}  // namespace marketday::domain
