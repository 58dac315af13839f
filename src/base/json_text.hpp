#pragma once

#include <string>
#include <string_view>

namespace marketday {

/// Appends `text` (well-formed UTF-8) as a JSON string with its quotes (RFC 8259): only '"', '\' and control characters
/// are escaped, so equal texts give equal bytes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace marketday
