#pragma once

#include <string_view>

namespace marketday::http::pages {

/// One text of the storefront in all its languages. `{name}` stands for a value and is in all three or in none.
struct TextRow {
    std::string_view key;  // "page.thing"
    std::string_view ko;
    std::string_view ja;
    std::string_view en;
};

}  // namespace marketday::http::pages
