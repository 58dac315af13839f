#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

namespace marketday::http {

/// "192.0.2.1", "2001:db8::1"; no port.
std::optional<ClientAddress> parse_address(std::string_view text);

/// A range of addresses: "10.0.0.0/8", "2001:db8::/32", or one address.
class Network {
public:
    static std::optional<Network> parse(std::string_view text);
    bool contains(const ClientAddress& address) const;

private:
    ClientAddress base_;
    unsigned prefix_bits_ = 128;
};

bool is_listed(std::span<const Network> networks, const ClientAddress& address);

/// The nearest address in `Forwarded` (RFC 7239) that is not itself a listed proxy, read from the right; `peer` when
/// the header is absent or hides it. Call it only when `peer` is listed.
ClientAddress forwarded_client(std::string_view forwarded, std::span<const Network> proxies, const ClientAddress& peer);

/// What a PROXY protocol version 2 header says (HAProxy, proxy-protocol.txt section 2.2).
struct ProxyHeader {
    std::size_t bytes = 0;                // Its length; 0: more input is needed.
    std::optional<ClientAddress> source;  // Absent for LOCAL and for address families that say nothing.
};
enum class ProxyError { not_a_proxy_header, malformed, too_long };
inline constexpr std::size_t kProxyHeaderBytesMax = 2048;
Result<ProxyHeader, ProxyError> parse_proxy_v2(std::string_view bytes);

}  // namespace marketday::http
