#include "http/negotiation.hpp"

#include "http/url.hpp"

namespace marketday::http {
namespace {

/// True unless the parameters say q=0.
bool is_wanted(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = take_until(parameters, ';');
        if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
        return parameter.find_first_not_of("0.", 2) != std::string_view::npos;
    }
    return true;
}

/// The tag between its quotes, without W/ and without the suffix of an encoding.
std::string_view opaque_tag(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() < 2 || etag.front() != '"' || etag.back() != '"') return {};
    etag = etag.substr(1, etag.size() - 2);
    if (etag.ends_with("-gz") || etag.ends_with("-br")) etag.remove_suffix(3);
    return etag;
}

}  // namespace

Acceptable acceptable_encodings(std::string_view accept_encoding) {
    Acceptable acceptable;
    bool any = false;
    bool gzip_named = false;
    bool brotli_named = false;
    while (!accept_encoding.empty()) {
        std::string_view element = take_until(accept_encoding, ',');
        const std::string_view name = take_until(element, ';');
        const bool wanted = is_wanted(element);
        if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) {
            acceptable.gzip = wanted;
            gzip_named = true;
        } else if (equal_ignoring_case(name, "br")) {
            acceptable.brotli = wanted;
            brotli_named = true;
        } else if (name == "*") {
            any = wanted;
        }
    }
    if (!gzip_named) acceptable.gzip = any;
    if (!brotli_named) acceptable.brotli = any;
    return acceptable;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
    if (trim(if_none_match) == "*") return true;
    const std::string_view wanted = opaque_tag(etag);
    if (wanted.empty()) return false;
    while (!if_none_match.empty()) {
        if (opaque_tag(take_until(if_none_match, ',')) == wanted) return true;
    }
    return false;
}

std::string_view etag_suffix(Encoding encoding) {
    switch (encoding) {
        case Encoding::identity: return "";
        case Encoding::gzip: return "-gz";
        case Encoding::brotli: return "-br";
    }
    return "";
}

}  // namespace marketday::http
