#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace marketday::http {

/// Decodes %XX (RFC 3986) into `out`, replacing what it held. False for a broken escape.
bool percent_decode_into(std::string_view text, std::string& out);

/// As forms send it: '+' is a space; a broken escape stays as it is.
std::string decode_form_text(std::string_view text);

/// Escapes all but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

/// ASCII only, as HTTP compares names.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

/// Cuts the text before `separator` off `rest` and returns it, trimmed. The last piece leaves `rest` empty.
std::string_view take_until(std::string_view& rest, char separator);

}  // namespace marketday::http
