#include "usecases/customers.hpp"

namespace marketday::usecases {
namespace {

/// The first character (a code point of UTF-8) and what tells that more follow.
std::string first_of(std::string_view text) {
    std::size_t bytes = text.empty() ? 0 : 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) ++bytes;
    return std::string{text.substr(0, bytes)} + "…";
}

}  // namespace

std::string masked_email(std::string_view email) {
    const std::size_t at = email.rfind('@');
    if (at == std::string_view::npos) return first_of(email);
    const std::string_view domain = email.substr(at + 1);
    const std::size_t dot = domain.rfind('.');
    std::string masked = first_of(email.substr(0, at)) + "@" + first_of(domain.substr(0, dot));
    if (dot != std::string_view::npos) masked += domain.substr(dot);
    return masked;
}

Customers::Answer<std::vector<ports::Account>> Customers::list(std::optional<CustomerId> before,
                                                               std::size_t customers_max) {
    auto found = co_await accounts_.list(before, customers_max);
    if (!found) co_return fail(Error::unavailable);
    co_return std::move(*found);
}

Customers::Answer<std::optional<ports::Account>> Customers::find_by_email(std::string email) {
    const auto address = domain::EmailAddress::parse(email);
    if (!address) co_return std::optional<ports::Account>{};
    auto found = co_await accounts_.find_by_claim(std::string{address->claim()});
    if (!found) co_return fail(Error::unavailable);
    co_return std::move(*found);
}

Customers::Answer<std::optional<ports::Account>> Customers::find(CustomerId customer) {
    auto found = co_await accounts_.find(customer);
    if (!found) co_return fail(Error::unavailable);
    co_return std::move(*found);
}

}  // namespace marketday::usecases
