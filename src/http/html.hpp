#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marketday::http {

/// Writes one HTML document, appending to one string. Whatever comes from outside can only get in as text, as an
/// attribute's value or as a URL, and each is escaped for its place; names of elements and attributes are literals that
/// the compiler checks. There is no way to write markup that this class has not made.
///
///     html.in("ul", {cls("goods")}, [&] {
///         for (const auto& product : products)
///             html.in("li", {}, [&] { html.leaf("a", {href(path)}, product.name); });
///     });
class Html {
public:
    /// A literal of lower-case letters, digits and '-'. Not of elements whose content is no text or that run code:
    /// script and style have functions of their own, the others no use.
    class Element {
    public:
        // NOLINTNEXTLINE(google-explicit-constructor): a literal is the usual way to name one.
        consteval Element(const char* name) : name_(name) {
            if (!is_name(name_)) throw "an element's name is lower-case letters, digits and '-'";
            for (const std::string_view refused : {"script", "style", "iframe", "object", "embed", "base", "noscript"})
                if (name_ == refused) throw "this element may not be written by name";
        }
        constexpr std::string_view name() const { return name_; }

    private:
        std::string_view name_;
    };

    /// An attribute's name, for text. Handlers, styles and whatever takes a URL or markup are refused.
    class TextAttribute {
    public:
        // NOLINTNEXTLINE(google-explicit-constructor)
        consteval TextAttribute(const char* name) : name_(name) {
            if (!is_name(name_)) throw "an attribute's name is lower-case letters, digits and '-'";
            if (name_.starts_with("on")) throw "no handlers: the policy of the page forbids them";
            for (const std::string_view refused : {"style", "srcdoc", "href", "src", "action", "formaction", "poster",
                                                   "cite", "data", "ping", "background", "manifest", "srcset"})
                if (name_ == refused) throw "use href, src, action or formaction; the others have no use here";
        }
        constexpr std::string_view name() const { return name_; }

    private:
        std::string_view name_;
    };

    /// Made by the functions below. Holds views: good within the expression that makes it.
    struct Attribute {
        enum class Kind : std::uint8_t { none, flag, text, number, url, urls };
        std::string_view name;
        Kind kind = Kind::none;
        std::string_view text;
        std::int64_t number = 0;
    };
    using Attributes = std::initializer_list<Attribute>;

    /// `picture_host`: where the document's own pictures are asked for first, "https://cdn.example"; empty: of the
    /// shop.
    explicit Html(std::string picture_host = {}) : picture_host_(std::move(picture_host)) { out_.reserve(16 * 1024); }
    const std::string& picture_host() const { return picture_host_; }

    /// Text between elements.
    void text(std::string_view text);
    void number(std::int64_t number);

    void open(Element element, Attributes attributes = {});
    /// Ends the innermost open element.
    void close();
    /// An element that has no content: img, input, br, hr, meta, link.
    void empty(Element element, Attributes attributes = {});
    /// An element with text alone.
    void leaf(Element element, Attributes attributes, std::string_view text);
    /// An element around what `content` writes.
    template <class Content>
    void in(Element element, Attributes attributes, Content&& content) {
        open(element, attributes);
        std::forward<Content>(content)();
        close();
    }

    void doctype() { out_ += "<!DOCTYPE html>"; }
    /// <script type="module" src=…></script>. With `integrity` (https://www.w3.org/TR/SRI/) from a host that need not
    /// be trusted: anything but the very bytes is refused.
    void module_script(std::string_view url, std::string_view integrity = {});
    /// A script that runs before anything below it is read: <script src=… data-hosts=…></script>
    void first_script(std::string_view url, std::string_view hosts);
    /// <style> of a literal; the page's policy must name its hash.
    template <std::size_t N>
    void own_style(const char (&css)[N]) {
        out_ += "<style>";
        out_ += std::string_view{css, N - 1};
        out_ += "</style>";
    }
    /// JSON about the page for search engines (https://json-ld.org): a block of data, never run. `json` is JSON.
    void json_ld(std::string_view json);
    /// What is shown where scripts do not run; the same rules hold inside.
    template <class Content>
    void without_scripts(Content&& content) {
        out_ += "<noscript>";
        std::forward<Content>(content)();
        out_ += "</noscript>";
    }

    /// The document; every element must have been closed.
    std::string take();
    std::size_t size() const { return out_.size(); }

private:
    static consteval bool is_name(std::string_view name) {
        if (name.empty()) return false;
        for (const char c : name)
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
        return true;
    }
    void begin(std::string_view name, Attributes attributes);
    void append_url(std::string_view url);

    std::string picture_host_;
    std::string out_;
    std::vector<std::string_view> open_;
};

inline Html::Attribute attr(Html::TextAttribute name, std::string_view value) {
    return {name.name(), Html::Attribute::Kind::text, value, 0};
}
inline Html::Attribute attr(Html::TextAttribute name, std::int64_t value) {
    return {name.name(), Html::Attribute::Kind::number, {}, value};
}
inline Html::Attribute cls(std::string_view classes) { return {"class", Html::Attribute::Kind::text, classes, 0}; }
inline Html::Attribute id(std::string_view value) { return {"id", Html::Attribute::Kind::text, value, 0}; }
/// Present without a value, or absent.
inline Html::Attribute flag(Html::TextAttribute name, bool present = true) {
    return {name.name(), present ? Html::Attribute::Kind::flag : Html::Attribute::Kind::none, {}, 0};
}
/// Present when `present`.
inline Html::Attribute attr_if(bool present, Html::TextAttribute name, std::string_view value) {
    return {name.name(), present ? Html::Attribute::Kind::text : Html::Attribute::Kind::none, value, 0};
}

/// Attributes that take a URL: one that `is_safe_url` refuses becomes "#".
inline Html::Attribute href(std::string_view url) { return {"href", Html::Attribute::Kind::url, url, 0}; }
inline Html::Attribute src(std::string_view url) { return {"src", Html::Attribute::Kind::url, url, 0}; }
inline Html::Attribute action(std::string_view url) { return {"action", Html::Attribute::Kind::url, url, 0}; }
inline Html::Attribute formaction(std::string_view url) { return {"formaction", Html::Attribute::Kind::url, url, 0}; }

/// "/a-320.webp 320w, /a-640.webp 640w": left out when one of its URLs is refused.
inline Html::Attribute srcset(std::string_view candidates) {
    return {"srcset", candidates.empty() ? Html::Attribute::Kind::none : Html::Attribute::Kind::urls, candidates, 0};
}

/// A path of this site ("/…", not "//…"), "#…", "?…", or http, https or mailto; without spaces, controls and
/// backslashes, which browsers drop or turn before they look at the scheme.
bool is_safe_url(std::string_view url);

/// Appends `text` so that it is only text in HTML, XML and their quoted attributes; controls that these do not allow
/// become U+FFFD.
void append_escaped(std::string& out, std::string_view text);

/// "/search" with its query, percent-encoded; empty values are left out.
std::string with_query(std::string_view path,
                       std::initializer_list<std::pair<std::string_view, std::string_view>> query);

}  // namespace marketday::http
