#pragma once

#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "domain/product.hpp"

namespace marketday::domain {

/// 12000 -> "12,000"
std::string grouped(std::int64_t number);

/// Minor units of one whole: 1 of won and yen, 100 of dollars.
std::int64_t units_per_whole(const Currency& currency);

/// As people of that language read a price: 12,000원, 12,000ウォン, ₩12,000; 1,200엔, 1,200円, ¥1,200; $19.90 (US$19.90
/// beside won and yen).
std::string shown_money(const Money& money, Language language);

/// The number a shopper reads out: "0F3A-K7M2Q-9TXW4"; made of the order's id, its bucket first.
std::string order_number(OrderId order);

}  // namespace marketday::domain
