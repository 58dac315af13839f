#include "adapters/embedded/sqlite_order_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

domain::DeliveryAddress address_from_json(std::string_view text) {
    const auto value = json::parse(text);
    const auto& object = value.as_object();
    return {text_in(object, "recipient"), text_in(object, "line1"),       text_in(object, "line2"),
            text_in(object, "city"),      text_in(object, "postal_code"), text_in(object, "country"),
            text_in(object, "phone")};
}

std::optional<WallTime> time_or_none(const SqliteQuery& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return from_unix_ms(row.integer(column));
}

std::vector<domain::OrderLine> read_lines(SqliteConnection& connection, OrderId order) {
    std::vector<domain::OrderLine> lines;
    auto row = connection.query(
        "SELECT f.sku, l.quantity, l.unit_price_minor, l.price_version FROM order_lines l JOIN offers f"
        " ON f.sku_no = l.sku_no WHERE l.order_id = ?1 ORDER BY l.line_no",
        order);
    while (row.step()) lines.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
    return lines;
}

}  // namespace

domain::Order read_order_row(SqliteConnection& connection, const SqliteQuery& row) {
    domain::Order order;
    order.id = OrderId{row.uuid(0)};
    order.customer = CustomerId{row.uuid(1)};
    if (!row.is_null(2)) order.sale = SaleId{row.uuid(2)};
    order.state = static_cast<domain::OrderState>(row.integer(3));
    order.placed_at = from_unix_ms(row.integer(4));
    order.updated_at = from_unix_ms(row.integer(5));
    order.hold_until = from_unix_ms(row.integer(6));
    const auto currency = Currency::parse(row.text_view(9));
    if (!currency) throw SqliteError{SQLITE_CORRUPT, "an order's currency is unknown"};
    order.total = {row.integer(7), *currency};
    order.shipping = {row.integer(8), *currency};
    order.receipt.sequence = row.integer(10);
    const auto hash = row.blob(11);
    if (hash.size() == order.receipt.hash.size()) std::ranges::copy(hash, order.receipt.hash.begin());
    if (!row.is_null(12)) order.payment = PaymentId{row.uuid(12)};
    order.captured_at = time_or_none(row, 13);
    order.refunded_at = time_or_none(row, 14);
    order.tracking = row.text(15);
    order.address = address_from_json(row.text_view(16));
    order.lines = read_lines(connection, order.id);
    return order;
}

std::optional<domain::Order> read_order(SqliteConnection& connection, OrderId order) {
    auto row = connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                                " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id = ?1",
                                order);
    if (!row.step()) return std::nullopt;
    return read_order_row(connection, row);
}

std::string address_to_json(const domain::DeliveryAddress& address) {
    std::string out;
    out.reserve(256);
    const auto add = [&out](std::string_view name, const std::string& value) {
        out += out.empty() ? '{' : ',';
        out += '"';
        out += name;
        out += "\":";
        log::append_json_string(out, value);
    };
    add("recipient", address.recipient);
    add("line1", address.line1);
    add("line2", address.line2);
    add("city", address.city);
    add("postal_code", address.postal_code);
    add("country", address.country);
    add("phone", address.phone);
    out += '}';
    return out;
}

std::string refusal_to_json(const domain::Refused& refused) {
    std::string out = fmt::format(R"({{"reason":{},"lines":[)", static_cast<int>(refused.reason));
    for (std::size_t i = 0; i < refused.lines.size(); ++i) {
        if (i > 0) out += ',';
        out += '[';
        log::append_json_string(out, refused.lines[i].sku);
        fmt::format_to(std::back_inserter(out), ",{}]", static_cast<int>(refused.lines[i].reason));
    }
    out += "]}";
    return out;
}

domain::Refused refusal_from_json(std::string_view text) {
    domain::Refused refused;
    const auto value = json::parse(text);
    refused.reason = static_cast<domain::Refusal>(value.at("reason").as_int64());
    for (const auto& line : value.at("lines").as_array()) {
        refused.lines.push_back(
            {std::string{line.at(0).as_string()}, static_cast<domain::Refusal>(line.at(1).as_int64())});
    }
    return refused;
}

}  // namespace marketday::adapters
