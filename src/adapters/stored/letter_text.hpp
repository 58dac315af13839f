#pragma once

#include <string>

#include "ports/mail.hpp"

namespace marketday::adapters {

/// Whether nothing in its headers could end them: a line break would let its writer add headers of his own.
bool is_safe_letter(const ports::Mail::Letter& letter);

/// The letter as RFC 5322 and RFC 6532 have it: UTF-8 headers' words encoded (RFC 2047), the text in base64.
std::string to_message(const ports::Mail::Letter& letter, const std::string& sender, const std::string& sender_name);

}  // namespace marketday::adapters
