#pragma once

#include <string>
#include <string_view>

#include "domain/customer.hpp"
#include "ports/accounts.hpp"

namespace marketday::usecases {

struct MailText {
    std::string subject;
    std::string text;
};

/// The letter of `kind` in the reader's language. `shop` is the shop's name, `link` what to follow (empty for
/// password_changed).
MailText account_mail(ports::LetterKind kind, domain::Locale locale, std::string_view shop, std::string_view link);

}  // namespace marketday::usecases
