#pragma once

#include "http/pages/text_row.hpp"

namespace marketday::http::pages {

/// Basket, checkout, orders, accounts.
inline constexpr TextRow kBuyingTexts[] = {
    {"basket.title", "장바구니", "カート", "Basket"},
};

}  // namespace marketday::http::pages
