#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace marketday::crowd {

/// A small shop of the crowd's own tests, in a process of its own: one sale with a line, orders, payments, sessions;
/// just enough of the API to be bought from, and able to misbehave on purpose. It shares no code with the real one.
class TestShop {
public:
    enum class Fault : std::uint8_t {
        none,
        second_order_for_key,  // a repeated key makes another order
        grants_after_refusal,  // a refused key is granted when repeated
        forgets_orders,        // GET /orders/{id} answers 404
        sells_too_many,        // twice the units
        charges_more,          // one minor unit above the price asked
        repeats_receipts,      // every receipt has one of two sequences
        changes_places,        // each poll tells another place
        ignores_limit,         // a customer gets as many as it wants
        cuts_after_commit,     // every third order is placed, then the connection is closed without a word
        restarts,              // after 40 orders every connection dies and nobody listens for 400 ms
        busy,                  // every second order is told 503 with Retry-After: 0 at first
    };
    struct Setting {
        Fault fault = Fault::none;
        std::int64_t units = 50;
        std::int64_t limit = 1;
        bool line = true;
        int opens_in_ms = 0;
        bool silent_stays = false;  // a silent payment is never decided
    };

    explicit TestShop(Setting setting);
    ~TestShop();
    TestShop(const TestShop&) = delete;
    TestShop& operator=(const TestShop&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace marketday::crowd
