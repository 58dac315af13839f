#pragma once

#include "http/pages/buying.hpp"

namespace marketday::http::pages {

/// What the pages of accounts share.
void write_email(Html& html, const Texts& texts, std::string_view value, std::string_view error);
void write_password(Html& html, std::string_view label, std::string_view autocomplete, std::string_view hint,
                    std::string_view error);
Response check_mail_page(const BuyingPages& shop, const Scene& scene, std::string_view path, TextId text);

/// What a refusal of the accounts says, and of which field.
struct Said {
    enum class About : std::uint8_t { all, email, password, link };
    About about = About::all;
    std::string text;
    int status = 400;
};
Said say(const Texts& texts, const usecases::Accounts::Refused& refused);

domain::Locale locale_of(domain::Language language);
/// The network address as a key for throttles.
std::string client_key(const Request& request);

}  // namespace marketday::http::pages
