#include "http/html.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "base/assert.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

/// What each byte becomes; empty: itself.
constexpr std::array<std::string_view, 256> make_escapes() {
    std::array<std::string_view, 256> escapes{};
    for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = "\xEF\xBF\xBD";
    escapes['\t'] = escapes['\n'] = {};
    escapes['\r'] = "\n";
    escapes[0x7f] = "\xEF\xBF\xBD";
    escapes['&'] = "&amp;";
    escapes['<'] = "&lt;";
    escapes['>'] = "&gt;";
    escapes['"'] = "&quot;";
    escapes['\''] = "&#39;";
    return escapes;
}
constexpr auto kEscapes = make_escapes();

bool has_scheme(std::string_view url, std::string_view scheme) {
    return url.size() >= scheme.size() && equal_ignoring_case(url.substr(0, scheme.size()), scheme);
}

/// Each "URL width" between commas.
bool are_safe_candidates(std::string_view candidates) {
    while (!candidates.empty()) {
        const std::string_view candidate = take_until(candidates, ',');
        if (!is_safe_url(candidate.substr(0, candidate.find(' ')))) return false;
    }
    return true;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view escape = kEscapes[static_cast<unsigned char>(text[at])];
        if (escape.empty()) continue;
        out.append(text, copied, at - copied);
        out += escape;
        copied = at + 1;
    }
    out.append(text, copied);
}

bool is_safe_url(std::string_view url) {
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= ' ' || c == '\\' || c == 0x7f) return false;
    if (url.starts_with("//")) return false;
    if (url.starts_with('/') || url.starts_with('#') || url.starts_with('?')) return true;
    return has_scheme(url, "https://") || has_scheme(url, "http://") || has_scheme(url, "mailto:");
}

void Html::append_url(std::string_view url) { append_escaped(out_, is_safe_url(url) ? url : std::string_view{"#"}); }

void Html::text(std::string_view text) { append_escaped(out_, text); }

void Html::number(std::int64_t number) { fmt::format_to(std::back_inserter(out_), "{}", number); }

void Html::begin(std::string_view name, Attributes attributes) {
    out_ += '<';
    out_ += name;
    for (const Attribute& attribute : attributes) {
        if (attribute.kind == Attribute::Kind::none) continue;
        if (attribute.kind == Attribute::Kind::urls && !are_safe_candidates(attribute.text)) continue;
        out_ += ' ';
        out_ += attribute.name;
        if (attribute.kind == Attribute::Kind::flag) continue;
        out_ += "=\"";
        switch (attribute.kind) {
            case Attribute::Kind::none:
            case Attribute::Kind::flag: break;
            case Attribute::Kind::text:
            case Attribute::Kind::urls: append_escaped(out_, attribute.text); break;
            case Attribute::Kind::number: number(attribute.number); break;
            case Attribute::Kind::url: append_url(attribute.text); break;
        }
        out_ += '"';
    }
    out_ += '>';
}

void Html::open(Element element, Attributes attributes) {
    begin(element.name(), attributes);
    open_.push_back(element.name());
}

void Html::close() {
    MD_ASSERT(!open_.empty());
    out_ += "</";
    out_ += open_.back();
    out_ += '>';
    open_.pop_back();
}

void Html::empty(Element element, Attributes attributes) { begin(element.name(), attributes); }

void Html::leaf(Element element, Attributes attributes, std::string_view content) {
    open(element, attributes);
    text(content);
    close();
}

void Html::module_script(std::string_view url, std::string_view integrity) {
    out_ += "<script type=\"module\" src=\"";
    append_url(url);
    if (!integrity.empty()) {
        out_ += "\" crossorigin=\"anonymous\" integrity=\"";
        append_escaped(out_, integrity);
    }
    out_ += "\"></script>";
}

void Html::first_script(std::string_view url, std::string_view hosts) {
    out_ += "<script src=\"";
    append_url(url);
    out_ += "\" data-hosts=\"";
    append_escaped(out_, hosts);
    out_ += "\"></script>";
}

void Html::json_ld(std::string_view json) {
    out_ += "<script type=\"application/ld+json\">";
    // Within JSON these stand in strings only, where they may as well be escapes: nothing then ends the block or opens
    // a comment in it.
    for (const char c : json) {
        switch (c) {
            case '<': out_ += "\\u003c"; break;
            case '>': out_ += "\\u003e"; break;
            case '&': out_ += "\\u0026"; break;
            default: out_ += c;
        }
    }
    out_ += "</script>";
}

std::string Html::take() {
    MD_ASSERT(open_.empty());
    return std::move(out_);
}

std::string with_query(std::string_view path,
                       std::initializer_list<std::pair<std::string_view, std::string_view>> query) {
    std::string url{path};
    char separator = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        url += separator;
        url += percent_encode(name);
        url += '=';
        url += percent_encode(value);
        separator = '&';
    }
    return url;
}

}  // namespace marketday::http
