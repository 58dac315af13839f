#include "domain/customer.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::domain {
namespace {

icu::UnicodeString from_utf8(std::string_view text) {
    return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

std::string to_utf8(const icu::UnicodeString& text) {
    std::string utf8;
    text.toUTF8String(utf8);
    return utf8;
}

icu::UnicodeString nfc(const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(status);
    // The tables are part of the library: only memory can be missing, which ICU does not always say.
    if (U_FAILURE(status)) throw std::bad_alloc{};
    icu::UnicodeString normal = normalizer->normalize(text, status);
    if (U_FAILURE(status)) throw std::bad_alloc{};
    return normal;
}

icu::UnicodeString fold(const icu::UnicodeString& text) {
    icu::UnicodeString folded = text;
    // Folding can leave a combining sequence decomposed, so the result is composed again.
    return nfc(folded.foldCase());
}

icu::UnicodeString trim(const icu::UnicodeString& text) {
    std::int32_t first = 0;
    std::int32_t last = text.length();
    while (first < last && u_isUWhiteSpace(text.char32At(first))) ++first;
    while (last > first && u_isUWhiteSpace(text.char32At(last - 1))) --last;  // All white space is in the BMP.
    return text.tempSubStringBetween(first, last);
}

/// A character that people can see and type: no control, format, separator, private or unassigned one.
bool is_plain(UChar32 c) {
    switch (u_charType(c)) {
        case U_CONTROL_CHAR:
        case U_FORMAT_CHAR:
        case U_SPACE_SEPARATOR:
        case U_LINE_SEPARATOR:
        case U_PARAGRAPH_SEPARATOR:
        case U_PRIVATE_USE_CHAR:
        case U_SURROGATE:
        case U_UNASSIGNED: return false;
        default: return true;
    }
}

bool is_ascii_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322 section 3.2.3, with any byte of a character beyond ASCII (RFC 6532).
bool is_atom_byte(char c) {
    return is_ascii_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_byte(c); });
}

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253 || text.front() == '.' || text.back() == '.') return false;
    std::size_t label_start = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at < text.size() && text[at] != '.') {
            const char c = text[at];
            if (!is_ascii_letter_or_digit(c) && c != '-' && static_cast<unsigned char>(c) < 0x80) return false;
            continue;
        }
        const auto label = text.substr(label_start, at - label_start);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        label_start = at + 1;
    }
    return true;
}

/// The passwords at the head of every list of leaked ones that are long enough for us; compared case folded.
constexpr std::array<std::string_view, 40> kCommonPasswords{
    "password",   "password1",  "password12", "password123", "passw0rd", "p@ssw0rd", "12345678", "123456789",
    "1234567890", "87654321",   "987654321",  "11111111",    "00000000", "88888888", "12341234", "123123123",
    "11223344",   "qwertyuiop", "qwerty123",  "qwerty12",    "qwer1234", "1qaz2wsx", "1q2w3e4r", "1q2w3e4r5t",
    "q1w2e3r4",   "asdfghjkl",  "asdf1234",   "zxcvbnm1",    "abcd1234", "abc12345", "iloveyou", "sunshine",
    "princess",   "football",   "baseball",   "superman",    "trustno1", "welcome1", "letmein1", "admin123",
};

bool is_common(const icu::UnicodeString& password) {
    const std::string folded = to_utf8(fold(password));
    if (std::ranges::find(kCommonPasswords, std::string_view{folded}) != kCommonPasswords.end()) return true;
    // One character all over.
    return !folded.empty() && folded.find_first_not_of(folded.front()) == std::string::npos;
}

}  // namespace

std::optional<EmailAddress> EmailAddress::parse(std::string_view typed) {
    // Four times the limit leaves room for composition, and bounds the work on garbage.
    if (typed.size() > 4 * kEmailBytesMax || !is_valid_utf8(typed)) return std::nullopt;
    const icu::UnicodeString normal = nfc(trim(from_utf8(typed)));
    for (std::int32_t at = 0; at < normal.length(); at = normal.moveIndex32(at, 1)) {
        if (!is_plain(normal.char32At(at))) return std::nullopt;
    }
    EmailAddress email;
    email.text_ = to_utf8(normal);
    email.claim_ = to_utf8(fold(normal));
    for (const std::string& form : {email.text_, email.claim_}) {
        const std::size_t at = form.find('@');
        if (at == std::string::npos || form.size() > kEmailBytesMax || at > kEmailLocalBytesMax) return std::nullopt;
        const std::string_view view{form};
        if (!is_dot_atom(view.substr(0, at)) || !is_host_name(view.substr(at + 1))) return std::nullopt;
    }
    return email;
}

Bucket bucket_of(const EmailAddress& email, std::span<const std::uint8_t> key) {
    const Hash256 hash = blake2b_keyed(key, email.claim());
    return static_cast<Bucket>((hash[0] << 8 | hash[1]) % kBucketCount);
}

std::string_view to_string(PasswordRefusal refusal) {
    switch (refusal) {
        case PasswordRefusal::too_short: return "too-short";
        case PasswordRefusal::too_long: return "too-long";
        case PasswordRefusal::not_text: return "not-text";
        case PasswordRefusal::too_common: return "too-common";
        case PasswordRefusal::is_address: return "is-address";
    }
    return "";
}

std::optional<std::string> prepare_password(std::string_view typed) {
    const auto password = check_new_password(typed, nullptr);
    if (password) return *password;
    switch (password.error()) {
        case PasswordRefusal::too_long:
        case PasswordRefusal::not_text: return std::nullopt;
        case PasswordRefusal::too_short:
        case PasswordRefusal::too_common:
        case PasswordRefusal::is_address: return to_utf8(nfc(from_utf8(typed)));  // Rules may have been milder once.
    }
    return std::nullopt;
}

Result<std::string, PasswordRefusal> check_new_password(std::string_view typed, const EmailAddress* email) {
    if (typed.size() > kPasswordBytesMax) return fail(PasswordRefusal::too_long);
    if (!is_valid_utf8(typed)) return fail(PasswordRefusal::not_text);
    const icu::UnicodeString normal = nfc(from_utf8(typed));
    for (std::int32_t at = 0; at < normal.length(); at = normal.moveIndex32(at, 1)) {
        if (u_charType(normal.char32At(at)) == U_CONTROL_CHAR) return fail(PasswordRefusal::not_text);
    }
    std::string password = to_utf8(normal);
    if (password.size() > kPasswordBytesMax) return fail(PasswordRefusal::too_long);
    if (static_cast<std::size_t>(normal.countChar32()) < kPasswordCharactersMin)
        return fail(PasswordRefusal::too_short);
    if (is_common(normal)) return fail(PasswordRefusal::too_common);
    if (email != nullptr) {
        const std::string folded = to_utf8(fold(normal));
        const std::string_view claim{email->claim()};
        if (folded == claim || folded == claim.substr(0, claim.find('@'))) return fail(PasswordRefusal::is_address);
    }
    return password;
}

std::string_view to_string(Locale locale) {
    switch (locale) {
        case Locale::ko: return "ko";
        case Locale::ja: return "ja";
        case Locale::en: return "en";
    }
    return "";
}

std::optional<Locale> parse_locale(std::string_view text) {
    for (const Locale locale : {Locale::ko, Locale::ja, Locale::en}) {
        if (text == to_string(locale)) return locale;
    }
    return std::nullopt;
}

}  // namespace marketday::domain
