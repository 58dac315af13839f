#include "http/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

#include "base/log.hpp"
#include "base/text.hpp"

namespace marketday::http {

void append_number(std::string& out, std::int64_t number) {
    const fmt::format_int text(number);
    out.append(text.data(), text.size());
}

void append_money(std::string& out, const Money& money) {
    out += "{\"amount_minor\":";
    append_number(out, money.amount_minor);
    out += ",\"currency\":\"";
    out += money.currency.code();
    out += "\"}";
}

void append_time(std::string& out, WallTime time) {
    out += '"';
    out += to_rfc3339(to_unix_ms(time));
    out += '"';
}

void append_receipt(std::string& out, const domain::Receipt& receipt) {
    out += "{\"sequence\":";
    append_number(out, receipt.sequence);
    out += ",\"hash\":\"";
    out += to_hex(receipt.hash);
    out += "\"}";
}

std::optional<OrderIdRange> orders_of_number(std::string_view number) {
    if (const auto id = OrderId::parse(number)) {
        OrderId next = *id;
        for (std::size_t i = next.uuid.bytes.size(); i-- > 0 && ++next.uuid.bytes[i] == 0;) {
        }
        return OrderIdRange{*id, next};
    }
    constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::vector<std::uint64_t> digits;
    for (char c : number) {
        if (c == '-' || c == ' ') continue;
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (c == 'O') c = '0';
        if (c == 'I' || c == 'L') c = '1';
        const auto at = kDigits.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        digits.push_back(at);
    }
    if (digits.size() != 20) return std::nullopt;
    const auto value = [&digits](std::size_t from, std::size_t count) {
        std::uint64_t bits = 0;
        for (std::size_t i = from; i < from + count; ++i) bits = bits << 5 | digits[i];
        return bits;
    };
    const std::uint64_t time = value(3, 10);
    const std::uint64_t rest = value(13, 7);  // 12 bits of the counter, 22 of chance
    const std::uint64_t counter = rest >> 22;
    const auto byte = [](std::uint64_t bits) { return static_cast<std::uint8_t>(bits); };
    OrderIdRange range;
    auto& low = range.from.uuid.bytes;
    for (std::size_t i = 0; i < 6; ++i) low[i] = byte(time >> (8 * (5 - i)));
    low[6] = byte(0x70 | (counter >> 8 & 0x0f));
    low[7] = byte(counter);
    low[8] = byte(0x80 | (rest >> 16 & 0x3f));
    low[9] = byte(rest >> 8);
    low[10] = byte(rest);
    range.before = range.from;
    for (std::size_t i = 11; i < 16; ++i) range.before.uuid.bytes[i] = 0xff;
    return range;
}

OrderId first_order_id(WallTime time) {
    OrderId id;
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_unix_ms(time)));
    for (std::size_t i = 0; i < 6; ++i) id.uuid.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
    return id;
}

void append_order(std::string& out, const domain::Order& order) {
    fmt::format_to(std::back_inserter(out), R"({{"order":"{}","number":"{}","customer":"{}","state":"{}","sale":)",
                   order.id.to_string(), order_number(order.id), order.customer.to_string(),
                   domain::to_string(order.state));
    out += order.sale ? fmt::format("\"{}\"", order.sale->to_string()) : "null";
    out += ",\"total\":";
    append_money(out, order.total);
    out += ",\"shipping\":";
    append_money(out, order.shipping);
    out += ",\"lines\":[";
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        const auto& line = order.lines[i];
        out += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(out, line.sku);
        fmt::format_to(std::back_inserter(out), R"(,"quantity":{},"unit_price_minor":{},"price_version":{}}})",
                       line.quantity, line.unit_price_minor, line.price_version);
    }
    out += "],\"address\":{";
    const auto& address = order.address;
    const std::pair<std::string_view, const std::string*> fields[] = {{"recipient", &address.recipient},
                                                                      {"line1", &address.line1},
                                                                      {"line2", &address.line2},
                                                                      {"city", &address.city},
                                                                      {"postal_code", &address.postal_code},
                                                                      {"country", &address.country},
                                                                      {"phone", &address.phone}};
    for (const auto& [name, value] : fields) {
        fmt::format_to(std::back_inserter(out), "{}\"{}\":", out.back() == '{' ? "" : ",", name);
        log::append_json_string(out, *value);
    }
    out += "},\"placed_at\":";
    append_time(out, order.placed_at);
    out += ",\"updated_at\":";
    append_time(out, order.updated_at);
    out += ",\"hold_until\":";
    append_time(out, order.hold_until);
    const auto add_time_or_null = [&out](std::string_view name, const std::optional<WallTime>& time) {
        fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
        if (time)
            append_time(out, *time);
        else
            out += "null";
    };
    add_time_or_null("captured_at", order.captured_at);
    add_time_or_null("refunded_at", order.refunded_at);
    out += ",\"payment\":";
    out += order.payment ? fmt::format("\"{}\"", order.payment->to_string()) : "null";
    out += ",\"tracking\":";
    log::append_json_string(out, order.tracking);
    out += ",\"receipt\":";
    append_receipt(out, order.receipt);
    out += '}';
}

void append_sale(std::string& out, const domain::Sale& sale, WallTime now) {
    fmt::format_to(std::back_inserter(out), R"({{"id":"{}","name":{},"state":"{}","opens_at":)", sale.id.to_string(),
                   sale.name_json, domain::to_string(sale.state_at(now)));
    append_time(out, sale.opens_at);
    out += ",\"closes_at\":";
    if (sale.closes_at)
        append_time(out, *sale.closes_at);
    else
        out += "null";
    out += ",\"now\":";
    append_time(out, now);
    out += ",\"items\":[";
    for (std::size_t i = 0; i < sale.items.size(); ++i) {
        const auto& item = sale.items[i];
        out += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(out, item.sku);
        fmt::format_to(std::back_inserter(out), R"(,"units":{},"price":)", item.units);
        append_money(out, item.price);
        fmt::format_to(std::back_inserter(out), R"(,"price_version":0,"limit_per_customer":{}}})",
                       item.limit_per_customer);
    }
    fmt::format_to(std::back_inserter(out), R"(],"line":{{"enabled":{},"draw":{},"admissions_per_s_max":{}}}}})",
                   sale.line.enabled, sale.line.draw, sale.line.admissions_per_s_max);
}

std::string problem_type(std::string_view name) {
    std::string type{name};
    std::ranges::replace(type, '_', '-');
    return type;
}

}  // namespace marketday::http
