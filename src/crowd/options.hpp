#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "crowd/tls.hpp"

namespace marketday::crowd {

/// What the crowd does. `rush`: shoppers arrive, queue and buy once. `steady`: a stream of orders by random customers.
/// `replay`: real baskets, in order.
enum class Mode : std::uint8_t { rush, steady, replay };

struct Options {
    std::string url;           // http://HOST:PORT or https://HOST:PORT
    std::string fallback_url;  // the same shop's second address: where shoppers go who cannot reach the first
    Trust trust;               // of an https one
    Mode mode = Mode::rush;
    std::uint64_t seed = 1;

    // Who comes, and when.
    std::uint32_t shoppers = 1000;
    std::int64_t arrive_us = 10'000'000;  // all arrive within this time
    std::int64_t start_offset_us = 0;     // arrivals begin this long after the opening; negative: before
    std::string shape_file;               // CSV "period,count": arrivals follow it, compressed into arrive_us
    std::uint32_t shape_from = 0;         // first row used
    std::uint32_t shape_rows = 0;         // 0: to the end

    // What they do.
    std::string sale = "auto";           // id | auto (the open one, else the next) | none
    std::string sku;                     // steady: this one instead of the sale's first
    std::uint32_t basket_lines_max = 1;  // of a sale: each shopper wants 1..this many different items
    std::uint32_t look_percent = 50;
    std::uint32_t search_percent = 10;
    std::uint32_t reload_percent = 2;  // of polls: the page is loaded again, so the line is joined again
    std::uint32_t repeat_percent = 1;  // of orders: pressed twice, the same key sent again
    std::uint32_t silent_payments_percent = 0;
    bool pay = true;
    std::int64_t patience_us = 120'000'000;  // from the arrival; then the shopper leaves

    // steady
    double orders_per_second = 0;  // 0: closed loop, as fast as answers come
    std::int64_t duration_us = 10'000'000;
    std::uint32_t connections = 512;
    bool leave_when_full = false;  // whoever finds no free connection goes away, instead of waiting for one

    // replay
    std::string replay_file;
    double compress = 10'000;
    std::uint32_t replay_max = 0;  // baskets; 0: all

    // Accounts.
    std::uint32_t prepare = 0;  // 0: as many as needed
    std::string admin_url;
    std::string admin_token;
    std::string data_dir;  // reads DIR/admin.json instead of the two above

    // The rig.
    std::uint32_t processes = 0;  // 0: as many as the connections need
    std::int64_t request_timeout_us = 30'000'000;
    bool across_restart = false;             // a lost connection is retried with the same key …
    std::int64_t retry_for_us = 30'000'000;  // … for so long; a declared 503 always is
    std::uint32_t verify = 1000;             // acknowledged orders asked for again at the end; UINT32_MAX: all
    std::string report_dir;                  // empty: none
    std::function<void()> at_start;          // called once, when all is prepared and nobody has come yet
    enum class Display : std::uint8_t { automatic, lines, none } display = Display::automatic;
};

}  // namespace marketday::crowd
