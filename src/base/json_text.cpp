#include "base/json_text.hpp"

#include <cstddef>

namespace marketday {

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t plain = 0;  // start of what has not been copied yet
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        switch (byte) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out.push_back("0123456789abcdef"[byte >> 4]);
                out.push_back("0123456789abcdef"[byte & 15]);
        }
    }
    out.append(text, plain);
    out.push_back('"');
}

}  // namespace marketday
