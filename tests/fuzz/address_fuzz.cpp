// Who a client says that it is: PROXY v2, Forwarded, and the headers that say what it likes.

#include "base/random.hpp"
#include "http/client_address.hpp"
#include "http/negotiation.hpp"
#include "http/pages/language.hpp"
#include "http/trace_context.hpp"
#include "http/url.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

FUZZ_TARGET(address) {
    Pieces pieces(bytes);
    const std::string_view proxy = pieces.rest();
    if (const auto header = http::parse_proxy_v2(proxy)) {
        FUZZ_REQUIRE(header->bytes == 0 || (header->bytes >= 16 && header->bytes <= proxy.size()));
        FUZZ_REQUIRE(header->bytes <= http::kProxyHeaderBytesMax);
        if (header->bytes > 0) {
            // What follows it is not part of it, and of what it has no byte is spare.
            const auto alone = http::parse_proxy_v2(proxy.substr(0, header->bytes));
            FUZZ_REQUIRE(alone && alone->bytes == header->bytes && alone->source == header->source);
            const auto cut = http::parse_proxy_v2(proxy.substr(0, header->bytes - 1));
            FUZZ_REQUIRE(cut && cut->bytes == 0);
        }
    }

    const std::string_view one = pieces.text();
    if (const auto address = http::parse_address(one)) {
        const auto again = http::parse_address(address->to_string());
        FUZZ_REQUIRE_SAYING(again && *again == *address, one);
    }
    if (const auto network = http::Network::parse(one)) network->contains(http::ClientAddress{});

    const auto peer = *http::parse_address("192.0.2.1");
    const std::vector<http::Network> nobody;
    const std::vector<http::Network> proxies{*http::Network::parse("192.0.2.0/24")};
    const std::string_view forwarded = pieces.text();
    FUZZ_REQUIRE(http::forwarded_client(forwarded, nobody, peer) == peer);
    const auto client = http::forwarded_client(forwarded, proxies, peer);
    // Whatever a client wrote in front of what the proxy wrote changes nothing.
    const auto behind = http::forwarded_client(std::string{forwarded} + ", for=198.51.100.7", proxies, peer);
    FUZZ_REQUIRE(behind == *http::parse_address("198.51.100.7"));
    if (!http::is_listed(proxies, client)) FUZZ_REQUIRE(client != peer);

    const std::string header{pieces.text()};
    http::acceptable_encodings(header);
    http::etag_matches(header, "\"abc\"");
    http::pages::accepted_language(header);
    SeededRandom random(1);
    std::string trace_id;
    std::string span_id;
    http::continue_trace(header, random, trace_id, span_id);
    FUZZ_REQUIRE(trace_id.size() == 32 && trace_id.find_first_not_of("0123456789abcdef") == std::string::npos);
    FUZZ_REQUIRE(span_id.size() == 16);
    FUZZ_REQUIRE(http::decode_form_text(http::percent_encode(header)) == header);
}

}  // namespace
}  // namespace marketday::fuzz
