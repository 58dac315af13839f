#include "http/pages/language.hpp"

#include <fmt/format.h>

#include "http/url.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;

/// Thousandths; "0.8" is 800. What is no weight counts as 1.
int weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = take_until(parameters, ';');
        if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
        if (parameter[2] == '1') return 1000;
        int weight = 0;
        int place = 100;
        for (const char c : parameter.substr(std::min<std::size_t>(4, parameter.size()))) {
            if (c < '0' || c > '9' || place == 0) break;
            weight += (c - '0') * place;
            place /= 10;
        }
        return weight;
    }
    return 1000;
}

std::optional<Language> language_of_tag(std::string_view tag) {
    for (const Language language : domain::kLanguages) {
        const std::string_view code = domain::to_string(language);
        if (equal_ignoring_case(tag.substr(0, 2), code) && (tag.size() == 2 || tag[2] == '-')) return language;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Language> accepted_language(std::string_view accept_language) {
    std::optional<Language> best;
    int best_weight = 0;
    while (!accept_language.empty()) {
        std::string_view range = take_until(accept_language, ',');
        const std::string_view tag = take_until(range, ';');
        const auto language = language_of_tag(tag);
        const int weight = weight_of(range);
        if (!language || weight <= best_weight) continue;
        best = language;
        best_weight = weight;
    }
    return best;
}

LanguageChoice choose_language(const Request& request) {
    const auto cookie = domain::parse_language(request.cookie("md_lang"));
    if (request.query.find("lang=") != std::string_view::npos) {
        const auto asked = request.query_param("lang");
        const auto language = asked ? domain::parse_language(*asked) : std::nullopt;
        if (language) return {*language, true, cookie != language};
    }
    if (cookie) return {*cookie, false, false};
    return {accepted_language(request.header("accept-language")).value_or(Language::ko), false, false};
}

std::pair<std::string, std::string> language_cookie(Language language) {
    return {"Set-Cookie",
            fmt::format("md_lang={}; Path=/; Max-Age=31536000; SameSite=Lax", domain::to_string(language))};
}

}  // namespace marketday::http::pages
