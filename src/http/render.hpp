#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/money.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"
#include "domain/written.hpp"

namespace marketday::http {

/// The JSON forms of what several routes give. Each appends to `out`.
void append_number(std::string& out, std::int64_t number);  // by no formatter: it is on the order path
void append_money(std::string& out, const Money& money);
void append_time(std::string& out, WallTime time);  // an RFC 3339 text with its quotes
void append_receipt(std::string& out, const domain::Receipt& receipt);
void append_order(std::string& out, const domain::Order& order);
void append_sale(std::string& out, const domain::Sale& sale, WallTime now);

/// "sold_out" -> "sold-out": problem types are kebab-case.
std::string problem_type(std::string_view name);

/// The ids that orders may have: from `from` on, below `before`.
struct OrderIdRange {
    OrderId from;
    OrderId before;
};
/// Those of a number as a shopper reads it out (any case, hyphens or none; O, I and L as they are misread), or of a
/// whole id. Nothing when it is neither.
std::optional<OrderIdRange> orders_of_number(std::string_view number);
/// Below every id of an order that was made at or after `time`.
OrderId first_order_id(WallTime time);

using domain::order_number;

}  // namespace marketday::http
