#include "http/pages/texts.hpp"

#include <fmt/format.h>

namespace marketday::http::pages {
namespace {

/// Calls `found` for each `{name}`, in order.
template <class Found>
constexpr void each_placeholder(std::string_view text, Found found) {
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos) return;
        found(text.substr(at + 1, end - at - 1));
    }
}

constexpr bool holds_all_of(std::string_view text, std::string_view other) {
    bool all = true;
    each_placeholder(other, [&](std::string_view name) {
        bool have = false;
        each_placeholder(text, [&](std::string_view candidate) { have = have || candidate == name; });
        all = all && have;
    });
    return all;
}

constexpr bool alike(std::string_view a, std::string_view b) { return holds_all_of(a, b) && holds_all_of(b, a); }

constexpr bool complete(const TextRow& row) {
    return !row.key.empty() && !row.ko.empty() && !row.ja.empty() && !row.en.empty() && alike(row.ko, row.en) &&
           alike(row.ja, row.en);
}

constexpr bool complete() {
    for (const auto& block : kTextBlocks)
        for (const TextRow& row : block)
            if (!complete(row)) return false;
    return true;
}

static_assert(complete(), "a text lacks a language, or a {placeholder} that it has in another");

}  // namespace

std::string_view Texts::in(const TextRow& row) const {
    switch (language_) {
        case domain::Language::ko: return row.ko;
        case domain::Language::ja: return row.ja;
        case domain::Language::en: return row.en;
    }
    return row.en;
}

std::string Texts::operator()(TextId id, Values values) const {
    std::string_view rest = in(id.row());
    std::string made;
    while (true) {
        const std::size_t open = rest.find('{');
        const std::size_t close = rest.find('}', open);
        made += rest.substr(0, open);
        if (open == std::string_view::npos || close == std::string_view::npos) return made;
        const std::string_view name = rest.substr(open + 1, close - open - 1);
        for (const auto& [have, value] : values)
            if (have == name) made += value;
        rest.remove_prefix(close + 1);
    }
}

std::string Texts::counted(std::int64_t n, TextId one, TextId many) const {
    return (*this)(n == 1 ? one : many, {{"n", grouped(n)}});
}

}  // namespace marketday::http::pages
