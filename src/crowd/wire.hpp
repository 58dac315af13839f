#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crowd/history.hpp"
#include "crowd/plan.hpp"
#include "crowd/response_reader.hpp"

namespace marketday::crowd {

/// Writes requests into one buffer that it keeps, so nothing is allocated once it has grown. Each view holds until the
/// next call.
class RequestWriter {
public:
    explicit RequestWriter(const Plan& plan);

    std::string_view look(const Session& session);
    std::string_view look_product(const Session& session, std::string_view sku);
    std::string_view search(const Session& session, std::string_view words);
    std::string_view join(const Session& session);
    std::string_view poll(const Session& session, std::string_view ticket);
    std::string_view order(const Session& session, const KeyBytes& key, std::string_view admission,
                           const Basket& basket);
    std::string_view pay(const Session& session, const KeyBytes& key, const Uuid& order, std::string_view card);
    std::string_view order_status(const Session& session, const Uuid& order);

private:
    void begin(std::string_view method_and_path, const Session& session);
    void add(std::string_view text) { out_.append(text); }
    void add_key(const KeyBytes& key);
    void add_body(std::string_view body);

    std::string host_;  // " HTTP/1.1\r\nHost: …\r\nAuthorization: Bearer "
    std::string sale_path_;
    std::string out_;
};

/// The 32 hex digits of a key.
std::string key_text(const KeyBytes& key);

/// The body of an order for `basket`'s lines, which stays the same for all who buy it.
std::string order_body(const Plan& plan, const std::string& currency, const Basket& basket);

/// What an answer means for the operation that asked.
enum class Meaning : std::uint8_t {
    ok,
    refused,    // a verdict: final
    again,      // did not happen; may be sent again (503 busy, 429)
    in_flight,  // an earlier send of the same key is still at work
    unknown,    // may have happened: 503 outcome-unknown, any other 5xx
};
Meaning meaning_of(int status, std::string_view problem);

/// The last segment of a problem's `type`: "sold-out". Empty when the body is no problem.
std::string_view problem_type(std::string_view body);

/// A 201 to an order.
struct OrderAnswer {
    Uuid order;
    std::int64_t goods_minor = -1;  // total without shipping; -1: not stated
    std::int64_t receipt_sequence = 0;
    std::array<std::uint8_t, 32> receipt_hash{};
    std::uint32_t hold_s = 0;
    std::string_view state;
};
OrderAnswer read_order_answer(std::string_view body, std::int64_t unix_now_ms);

/// A 200 from the line. Views into the body.
struct LineAnswer {
    std::string_view ticket;
    std::string_view state;
    std::int64_t place = -1;
    std::int64_t ahead = -1;
    std::int64_t poll_after_ms = 1000;
    std::string_view admission;
};
LineAnswer read_line_answer(std::string_view body);

}  // namespace marketday::crowd
