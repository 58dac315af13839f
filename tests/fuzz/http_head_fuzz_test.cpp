// Mutated requests against the parser: whatever it accepts must be unambiguous.

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "http/client_address.hpp"
#include "http/head_parser.hpp"
#include "http/negotiation.hpp"

namespace marketday::http {
namespace {

constexpr int kRounds = 60'000;
constexpr std::size_t kBodyBytesMax = 64;

const std::string_view kSeeds[] = {
    "POST /api/v1/orders?x=1 HTTP/1.1\r\nHost: shop:80\r\nContent-Length: 5\r\nAccept-Encoding: br;q=0.5, "
    "gzip\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nExpect: "
    "100-continue\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n",
    "GET http://shop/a%20b HTTP/1.0\r\nConnection: keep-alive, close\r\nForwarded: for=\"[::1]:80\", "
    "for=1.2.3.4\r\n\r\n",
};
const std::string_view kPieces[] = {"\r\n",
                                    "\n",
                                    "\r",
                                    " ",
                                    "\t",
                                    ":",
                                    ",",
                                    "Content-Length: 5\r\n",
                                    "Content-Length: 6\r\n",
                                    "Transfer-Encoding: chunked\r\n",
                                    "Host: b\r\n",
                                    "\r\n\r\n",
                                    "0",
                                    "ffffffffffffffff",
                                    ";",
                                    "\"",
                                    "[",
                                    "%"};

std::string mutated(SeededRandom& random) {
    std::string bytes{kSeeds[random.below(std::size(kSeeds))]};
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
        const std::size_t at = random.below(bytes.size() + 1);
        switch (random.below(4)) {
            case 0: bytes.insert(at, kPieces[random.below(std::size(kPieces))]); break;
            case 1: bytes.erase(at, random.below(8)); break;
            case 2:
                if (at < bytes.size()) bytes[at] = static_cast<char>(random.below(256));
                break;
            case 3: bytes.insert(at, bytes.substr(random.below(bytes.size() + 1), random.below(30))); break;
        }
        if (bytes.empty()) bytes = "G";
    }
    return bytes;
}

std::size_t count_headers(const Request& request, std::string_view name) {
    std::size_t count = 0;
    for (const auto& header : request.headers) {
        Request one;
        one.headers = {header};
        if (!one.header(name).empty()) ++count;
    }
    return count;
}

void check_accepted(const std::string& bytes, std::size_t head_bytes, const Request& request, const Head& head) {
    const std::size_t lengths = count_headers(request, "content-length");
    const std::size_t codings = count_headers(request, "transfer-encoding");
    ASSERT_LE(lengths + codings, 1U) << bytes;
    ASSERT_EQ(head.chunked, codings == 1) << bytes;
    ASSERT_LE(count_headers(request, "host"), 1U) << bytes;
    const std::string_view section = std::string_view{bytes}.substr(0, head_bytes);
    for (std::size_t at = section.find('\n'); at != std::string_view::npos; at = section.find('\n', at + 1)) {
        ASSERT_EQ(section[at - 1], '\r') << bytes;
    }
    for (const auto& header : request.headers) {
        ASSERT_GE(header.value.data(), bytes.data());
        ASSERT_LE(header.value.data() + header.value.size(), bytes.data() + head_bytes);
    }
    acceptable_encodings(head.accept_encoding);
    const std::vector<Network> proxies{*Network::parse("::/0")};
    forwarded_client(head.forwarded, proxies, ClientAddress{});
}

TEST(HttpHeadFuzz, what_is_accepted_is_unambiguous) {
    SeededRandom random(20'261'121);
    int accepted = 0;
    for (int round = 0; round < kRounds; ++round) {
        const std::string bytes = mutated(random);
        HeadScanner scanner;
        SyntaxError error = SyntaxError::none;
        const std::size_t head_bytes = scanner.scan(bytes, error);
        if (head_bytes == 0) continue;
        Request request;
        Head head;
        HeadParser parser(request, head);
        if (parser.parse(std::string_view{bytes}.substr(0, head_bytes)) != SyntaxError::none) continue;
        ++accepted;
        check_accepted(bytes, head_bytes, request, head);
        if (testing::Test::HasFatalFailure()) return;
        if (!head.chunked) continue;
        std::string body;
        std::size_t used = 0;
        parser.decode_chunks(std::string_view{bytes}.substr(head_bytes), kBodyBytesMax, body, used);
        ASSERT_LE(used, bytes.size() - head_bytes);
        ASSERT_LE(body.size(), kBodyBytesMax) << bytes;
    }
    EXPECT_GT(accepted, kRounds / 20);
}

TEST(HttpHeadFuzz, proxy_headers_never_read_past_their_end) {
    SeededRandom random(7);
    for (int round = 0; round < kRounds; ++round) {
        std::string bytes{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16};
        bytes.resize(16 + random.below(60), 'x');
        for (int edits = 0; edits < 2; ++edits) bytes[12 + random.below(4)] = static_cast<char>(random.below(64));
        const auto parsed = parse_proxy_v2(bytes);
        ASSERT_LE(parsed ? parsed->bytes : 0, bytes.size());
    }
}

}  // namespace
}  // namespace marketday::http
