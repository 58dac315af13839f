#include "http/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::string_view kProxySignature{"\r\n\r\n\0\r\nQUIT\n", 12};

bool is_v4(const ClientAddress& address) {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
}

ClientAddress mapped_v4(const void* four_bytes) {
    ClientAddress address;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
    std::memcpy(address.bytes.data() + 12, four_bytes, 4);
    return address;
}

/// `for=` of one Forwarded element: an address, perhaps quoted, bracketed and with a port.
std::optional<ClientAddress> forwarded_for(std::string_view element) {
    while (!element.empty()) {
        std::string_view value = take_until(element, ';');
        const std::string_view name = take_until(value, '=');
        if (!equal_ignoring_case(name, "for")) continue;
        value = trim(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        if (value.starts_with('[')) {
            const std::size_t close = value.find(']');
            return close == std::string_view::npos ? std::nullopt : parse_address(value.substr(1, close - 1));
        }
        return parse_address(value.substr(0, value.find(':')));
    }
    return std::nullopt;
}

}  // namespace

std::string ClientAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_v4(*this)) {
        ::inet_ntop(AF_INET, bytes.data() + 12, text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    }
    return text.data();
}

std::optional<ClientAddress> parse_address(std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string terminated{text};
    std::array<std::uint8_t, 4> v4{};
    if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return mapped_v4(v4.data());
    ClientAddress address;
    if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network;
    network.base_ = *address;
    if (slash == std::string_view::npos) return network;
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    const unsigned offset = is_v4(*address) ? 96 : 0;
    if (bits > 128 - offset) return std::nullopt;
    network.prefix_bits_ = bits + offset;
    return network;
}

bool Network::contains(const ClientAddress& address) const {
    const unsigned whole = prefix_bits_ / 8;
    if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + whole, address.bytes.begin())) return false;
    const unsigned rest = prefix_bits_ % 8;
    if (rest == 0) return true;
    const unsigned difference = base_.bytes[whole] ^ address.bytes[whole];
    return (difference >> (8 - rest)) == 0;
}

bool is_listed(std::span<const Network> networks, const ClientAddress& address) {
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

ClientAddress forwarded_client(std::string_view forwarded, std::span<const Network> proxies,
                               const ClientAddress& peer) {
    ClientAddress nearest = peer;
    while (!forwarded.empty() && is_listed(proxies, nearest)) {
        const std::size_t comma = forwarded.rfind(',');
        const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
        const auto address = forwarded_for(trim(forwarded.substr(start)));
        if (!address) break;
        nearest = *address;
        forwarded = comma == std::string_view::npos ? std::string_view{} : forwarded.substr(0, comma);
    }
    return nearest;
}

Result<ProxyHeader, ProxyError> parse_proxy_v2(std::string_view bytes) {
    const std::size_t known = std::min(bytes.size(), kProxySignature.size());
    if (bytes.substr(0, known) != kProxySignature.substr(0, known)) return fail(ProxyError::not_a_proxy_header);
    if (bytes.size() < 16) return ProxyHeader{};
    const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])); };
    const unsigned version = byte(12) >> 4;
    const unsigned command = byte(12) & 15;
    if (version != 2 || command > 1) return fail(ProxyError::malformed);
    const std::size_t length = byte(14) * 256 + byte(15);
    if (16 + length > kProxyHeaderBytesMax) return fail(ProxyError::too_long);
    if (bytes.size() < 16 + length) return ProxyHeader{};
    ProxyHeader header;
    header.bytes = 16 + length;
    if (command == 0) return header;
    const unsigned family = byte(13) >> 4;
    if (family == 1) {
        if (length < 12) return fail(ProxyError::malformed);
        header.source = mapped_v4(bytes.data() + 16);
    } else if (family == 2) {
        if (length < 36) return fail(ProxyError::malformed);
        header.source.emplace();
        std::memcpy(header.source->bytes.data(), bytes.data() + 16, 16);
    }
    return header;
}

}  // namespace marketday::http
