// What the shop hands out and takes back: tickets, admissions, session tokens, cookies. Only what it signed itself is
// taken, and every accepted form is the one form.

#include "base/random.hpp"
#include "domain/admission.hpp"
#include "domain/ticket.hpp"
#include "http/message.hpp"
#include "tests/fuzz/target.hpp"
#include "usecases/sessions_token.hpp"

namespace marketday::fuzz {
namespace {

Hash256 key_of(std::uint8_t fill) {
    Hash256 key;
    key.fill(fill);
    return key;
}

/// `text` with one of its bytes changed, cut, doubled, or all replaced, as the pieces say.
std::string tampered(std::string text, Pieces& pieces) {
    const std::uint8_t how = pieces.byte();
    const std::size_t at = pieces.byte() % (text.size() + 1);
    switch (how % 5) {
        case 0: return std::string{pieces.text()};
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ pieces.byte());
            return text;
        case 2: return text.substr(0, at);
        case 3: return text.insert(at, pieces.text());
        default: return text.erase(at, 1 + pieces.byte() % 4);
    }
}

FUZZ_TARGET(secret) {
    Pieces pieces(bytes);
    SeededRandom random(pieces.byte());
    Uuid sale;
    Uuid customer;
    for (auto& byte : sale.bytes) byte = static_cast<std::uint8_t>(random.below(256));
    for (auto& byte : customer.bytes) byte = static_cast<std::uint8_t>(random.below(256));

    const domain::Ticket ticket{SaleId{sale}, CustomerId{customer}, static_cast<std::int64_t>(random.below(1 << 20))};
    const std::string signed_ticket = domain::sign_ticket(ticket, key_of(1));
    FUZZ_REQUIRE(*domain::verify_ticket(signed_ticket, key_of(1)) == ticket);
    const std::string other_ticket = tampered(signed_ticket, pieces);
    FUZZ_REQUIRE(domain::verify_ticket(other_ticket, key_of(1)).has_value() == (other_ticket == signed_ticket));
    FUZZ_REQUIRE(!domain::verify_ticket(signed_ticket, key_of(2)));

    const WallTime now{milliseconds{1'800'000'000'000}};
    const domain::Admission admission{CustomerId{customer}, SaleId{sale}, now + milliseconds{1 + random.below(1000)}};
    const std::string signed_admission = domain::sign_admission(admission, key_of(1));
    FUZZ_REQUIRE(*domain::verify_admission(signed_admission, key_of(1), now) == admission);
    const std::string other = tampered(signed_admission, pieces);
    const auto verified = domain::verify_admission(other, key_of(1), now);
    FUZZ_REQUIRE(verified.has_value() == (other == signed_admission));
    FUZZ_REQUIRE(!domain::verify_admission(signed_admission, key_of(2), now));
    FUZZ_REQUIRE(!domain::verify_admission(signed_admission, key_of(1), admission.expires));
    FUZZ_REQUIRE(!domain::verify_admission(signed_ticket, key_of(1), now));
    FUZZ_REQUIRE(!domain::verify_ticket(signed_admission, key_of(1)));

    const usecases::Token token = usecases::make_token(random, Bucket{});
    const std::string other_token = tampered(token.text, pieces);
    FUZZ_REQUIRE(*usecases::token_key(token.text) == token.key);
    if (const auto found = usecases::token_key(other_token)) {
        FUZZ_REQUIRE((*found == token.key) == (other_token == token.text));
    }

    http::Request request;
    const std::string cookies{pieces.rest()};
    request.headers = {{"Cookie", cookies}, {"Authorization", cookies}};
    for (const std::string_view name : {"md_session", "md_guest", "md_lang"}) {
        const std::string_view value = request.cookie(name);
        FUZZ_REQUIRE(value.size() <= cookies.size());
        FUZZ_REQUIRE(value.find(';') == std::string_view::npos);
    }
    request.session_token();
    request.session_by_cookie();
}

}  // namespace
}  // namespace marketday::fuzz
