#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace marketday::domain {

inline constexpr std::size_t kEmailBytesMax = 254;      // RFC 5321 section 4.5.3.1, as erratum 1690 to RFC 3696 has it
inline constexpr std::size_t kEmailLocalBytesMax = 64;  // RFC 5321 section 4.5.3.1.1
inline constexpr std::size_t kPasswordCharactersMin = 8;  // NIST SP 800-63B section 5.1.1.2
inline constexpr std::size_t kPasswordBytesMax = 512;

/// An address as a person typed it, and the form in which it is unique. Personal data: never logged.
class EmailAddress {
public:
    /// Takes what can be put on an envelope without quoting: one '@', a dot-atom of letters of any script before it and
    /// a host name after it (RFC 5321, RFC 6531). Nothing for control, format or space characters inside, bad UTF-8, or
    /// sizes beyond the limits. White space around it is dropped.
    static std::optional<EmailAddress> parse(std::string_view typed);

    /// Trimmed and in NFC: where mail goes.
    const std::string& text() const { return text_; }
    /// Case folded too, both sides of the '@': what one customer may claim. Folding may join two different mailboxes
    /// ("ſ@x" and "s@x"), so mail always goes to the `text` that was stored with the claim, never to what a later
    /// request typed.
    const std::string& claim() const { return claim_; }

    bool operator==(const EmailAddress&) const = default;

private:
    std::string text_;
    std::string claim_;
};

/// The bucket of a new customer: keyed, so that nobody can aim accounts at one site.
Bucket bucket_of(const EmailAddress& email, std::span<const std::uint8_t> key);

enum class PasswordRefusal : std::uint8_t {
    too_short,   // under kPasswordCharactersMin characters
    too_long,    // over kPasswordBytesMax bytes
    not_text,    // bad UTF-8 or control characters
    too_common,  // among the first that anybody would try
    is_address,  // the e-mail address or what stands before its '@'
};
std::string_view to_string(PasswordRefusal refusal);

/// The password in the form that is hashed: NFC, so that the same keys on another system give the same password
/// (RFC 8265, OpaqueString). Nothing when no account can have it: too long, or not text.
std::optional<std::string> prepare_password(std::string_view typed);
/// The rules for a new password; `email` when it is known.
Result<std::string, PasswordRefusal> check_new_password(std::string_view typed, const EmailAddress* email);

/// Languages of the shop's pages and mails. The numbers are stored: never reuse one.
enum class Locale : std::uint8_t { ko = 1, ja = 2, en = 3 };
std::string_view to_string(Locale locale);
std::optional<Locale> parse_locale(std::string_view text);

}  // namespace marketday::domain
