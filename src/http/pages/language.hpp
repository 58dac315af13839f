#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/product.hpp"
#include "http/message.hpp"

namespace marketday::http::pages {

/// Which language a page is shown in: `?lang=` in its address, else the cookie md_lang, else Accept-Language, else
/// Korean.
struct LanguageChoice {
    domain::Language language = domain::Language::ko;
    /// The address says so: nobody's cookies or headers matter, and every cache may share the page.
    bool by_address = false;
    /// The address says another language than the cookie: remember it.
    bool remember = false;
};
LanguageChoice choose_language(const Request& request);

/// The best of ko, ja and en in an Accept-Language header (RFC 9110 section 12.5.4); nothing when it names none.
std::optional<domain::Language> accepted_language(std::string_view accept_language);

/// A Set-Cookie header that keeps the choice for a year.
std::pair<std::string, std::string> language_cookie(domain::Language language);

}  // namespace marketday::http::pages
