#include "crowd/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "crowd/json_view.hpp"

namespace marketday::crowd {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) {
        out += kHex[byte >> 4];
        out += kHex[byte & 0xf];
    }
}

void append_uuid(std::string& out, const Uuid& id) {
    const std::span<const std::uint8_t> bytes(id.bytes);
    append_hex(out, bytes.first(4));
    for (const std::size_t from : {4, 6, 8}) {
        out += '-';
        append_hex(out, bytes.subspan(from, 2));
    }
    out += '-';
    append_hex(out, bytes.subspan(10));
}

}  // namespace

RequestWriter::RequestWriter(const Plan& plan)
    : host_(fmt::format(" HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer ", plan.target.host_header)),
      sale_path_(plan.sale ? fmt::format("/api/v1/sales/{}", plan.sale->id.to_string()) : "/api/v1/sales") {
    out_.reserve(16 * 1024);
}

void RequestWriter::begin(std::string_view method_and_path, const Session& session) {
    out_.assign(method_and_path);
    add(host_);
    add(session.token);
    add("\r\n");
}

void RequestWriter::add_key(const KeyBytes& key) {
    add("Idempotency-Key: ");
    append_hex(out_, key);
    add("\r\n");
}

void RequestWriter::add_body(std::string_view body) {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), body.size());
    add("Content-Type: application/json\r\nContent-Length: ");
    out_.append(digits.data(), end);
    add("\r\n\r\n");
    add(body);
}

std::string_view RequestWriter::look(const Session& session) {
    begin("GET " + sale_path_, session);
    add("\r\n");
    return out_;
}

std::string_view RequestWriter::look_product(const Session& session, std::string_view sku) {
    begin("GET /api/v1/products/" + percent_encoded(sku), session);
    add("\r\n");
    return out_;
}

std::string_view RequestWriter::search(const Session& session, std::string_view words) {
    begin("GET /api/v1/products?q=" + percent_encoded(words), session);
    add("\r\n");
    return out_;
}

std::string_view RequestWriter::join(const Session& session) {
    begin("POST " + sale_path_ + "/line", session);
    add("Content-Length: 0\r\n\r\n");
    return out_;
}

std::string_view RequestWriter::poll(const Session& session, std::string_view ticket) {
    begin("GET " + sale_path_ + "/line", session);
    add("X-Ticket: ");
    add(ticket);
    add("\r\n\r\n");
    return out_;
}

std::string_view RequestWriter::order(const Session& session, const KeyBytes& key, std::string_view admission,
                                      const Basket& basket) {
    begin("POST /api/v1/orders", session);
    add_key(key);
    if (!admission.empty()) {
        add("X-Admission: ");
        add(admission);
        add("\r\n");
    }
    add_body(basket.body);
    return out_;
}

std::string_view RequestWriter::pay(const Session& session, const KeyBytes& key, const Uuid& order,
                                    std::string_view card) {
    out_.assign("POST /api/v1/orders/");
    append_uuid(out_, order);
    add("/payment");
    add(host_);
    add(session.token);
    add("\r\n");
    add_key(key);
    add_body(card);
    return out_;
}

std::string_view RequestWriter::order_status(const Session& session, const Uuid& order) {
    out_.assign("GET /api/v1/orders/");
    append_uuid(out_, order);
    add(host_);
    add(session.token);
    add("\r\n\r\n");
    return out_;
}

std::string key_text(const KeyBytes& key) {
    std::string out;
    append_hex(out, key);
    return out;
}

std::string order_body(const Plan& plan, const std::string& currency, const Basket& basket) {
    std::string body = "{";
    if (plan.sale) body += fmt::format(R"("sale":"{}",)", plan.sale->id.to_string());
    body += fmt::format(R"("currency":"{}","lines":[)", currency);
    const char* comma = "";
    for (const BasketLine& line : basket.lines) {
        body += fmt::format(R"({}{{"sku":{},"quantity":{},"unit_price_minor":{})", comma, json_quoted(line.sku),
                            line.quantity, line.unit_price_minor);
        if (line.price_version > 0) body += fmt::format(R"(,"price_version":{})", line.price_version);
        body += '}';
        comma = ",";
    }
    body += R"(],"address":{"recipient":"Crowd Shopper","line1":"1 Market Street","city":"Seoul",)"
            R"("postal_code":"04524","country":"KR","phone":"+82-2-000-0000"}})";
    return body;
}

Meaning meaning_of(int status, std::string_view problem) {
    if (status >= 200 && status < 300) return Meaning::ok;
    if (status == 409 && problem == "in-flight") return Meaning::in_flight;
    if (status == 429) return Meaning::again;
    if (status == 503) return problem == "outcome-unknown" ? Meaning::unknown : Meaning::again;
    if (status >= 500) return Meaning::unknown;
    return Meaning::refused;
}

std::string_view problem_type(std::string_view body) {
    const std::string_view type = JsonView(body)["type"].bare();
    return type.substr(type.rfind('/') + 1);  // npos + 1 is 0
}

OrderAnswer read_order_answer(std::string_view body, std::int64_t unix_now_ms) {
    OrderAnswer answer;
    std::int64_t total = -1;
    std::int64_t shipping = 0;
    for (JsonWalk walk{JsonView(body)}; walk.next();) {
        const std::string_view key = walk.key();
        const JsonView value = walk.value();
        if (key == "order") {
            answer.order = Uuid::parse(value.bare()).value_or(Uuid{});
        } else if (key == "state") {
            answer.state = value.bare();
        } else if (key == "total") {
            total = value["amount_minor"].integer_or(-1);
        } else if (key == "shipping") {
            shipping = value["amount_minor"].integer_or(0);
        } else if (key == "hold_until") {
            const auto until = from_rfc3339(value.bare());
            if (until)
                answer.hold_s = static_cast<std::uint32_t>(std::max<std::int64_t>(0, (*until - unix_now_ms) / 1000));
        } else if (key == "receipt") {
            answer.receipt_sequence = value["sequence"].integer_or(0);
            const std::string_view hash = value["hash"].bare();
            for (std::size_t i = 0; i < answer.receipt_hash.size() && 2 * i + 1 < hash.size(); ++i) {
                answer.receipt_hash[i] =
                    static_cast<std::uint8_t>((hex_digit(hash[2 * i]) << 4) | hex_digit(hash[2 * i + 1]));
            }
        }
    }
    if (total >= 0) answer.goods_minor = total - shipping;
    return answer;
}

LineAnswer read_line_answer(std::string_view body) {
    LineAnswer answer;
    for (JsonWalk walk{JsonView(body)}; walk.next();) {
        const std::string_view key = walk.key();
        const JsonView value = walk.value();
        if (key == "ticket") {
            answer.ticket = value.bare();
        } else if (key == "state") {
            answer.state = value.bare();
        } else if (key == "place") {
            answer.place = value.integer_or(-1);
        } else if (key == "ahead") {
            answer.ahead = value.integer_or(-1);
        } else if (key == "poll_after_ms") {
            answer.poll_after_ms = value.integer_or(1000);
        } else if (key == "admission") {
            answer.admission = value.bare();
        }
    }
    return answer;
}

}  // namespace marketday::crowd
