#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/stock.hpp"
#include "ports/freshness.hpp"
#include "ports/leases.hpp"

namespace marketday::ports {

/// A day of the shop's clock: days since 1970-01-01. A month: year * 12 + month - 1.
using ShopDay = std::int64_t;
using ShopMonth = std::int64_t;

/// The business figures of one site, counted as events come. Contract: tests/contract/statistics_contract.hpp.
/// * a message of events counts once, however often it is taken: its id is remembered in the transaction that counts
/// it;
/// * a visitor counts once a day, a customer once a month, whoever saw them first;
/// * reading never counts orders: it reads rows of days, months and goods.
/// Tasks resume on their caller's executor.
class Statistics {
public:
    enum class Error {
        unavailable,      // Nothing happened.
        outcome_unknown,  // May have happened; every call may be repeated.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    virtual ~Statistics() = default;

    /// What one message of events adds up to.
    struct Tally {
        std::string id;  // the message's, 1..64 bytes
        struct OfDay {
            ShopDay day = 0;
            std::int64_t signed_up = 0;
            std::int64_t orders = 0;
            std::int64_t paid = 0;
            std::int64_t refunded = 0;
        };
        struct OfMoney {
            ShopDay day = 0;
            Money revenue;
            Money refunded;  // of the same currency
        };
        struct OfGoods {
            ShopDay day = 0;
            domain::SkuCode sku;
            std::int64_t units = 0;
            Money revenue;
        };
        std::vector<OfDay> days{};
        std::vector<OfMoney> money{};
        std::vector<OfGoods> goods{};
    };
    /// Adds those of 1..100 tallies whose message has not been counted. How many were.
    virtual Answer<std::size_t> count(std::vector<Tally> tallies, WallTime now) = 0;

    struct Visit {
        ShopDay day = 0;
        ShopMonth month = 0;
        std::optional<CustomerId> customer{};  // who is signed in
        std::uint64_t stranger = 0;            // else: a hash that tells strangers of one day apart
    };
    /// Counts 1..5000 visitors. How many were new that day.
    virtual Answer<std::size_t> visited(std::vector<Visit> visits) = 0;
    /// Forgets who came before `day` (not how many), at most `visits_max`. How many it forgot.
    virtual Answer<std::size_t> forget_visits(ShopDay day, std::size_t visits_max, Fence fence) = 0;

    struct MoneyOf {
        Money revenue;
        Money refunded;
        bool operator==(const MoneyOf&) const = default;
    };
    struct Day {
        ShopDay day = 0;
        std::int64_t visitors = 0;
        std::int64_t customers = 0;
        std::int64_t signed_up = 0;
        std::int64_t orders = 0;
        std::int64_t paid = 0;
        std::int64_t refunded = 0;
        std::vector<MoneyOf> money{};
    };
    struct Month {
        ShopMonth month = 0;
        std::int64_t customers = 0;
    };
    struct Retained {
        ShopMonth cohort = 0;
        std::int64_t months_later = 0;
        std::int64_t customers = 0;
    };
    struct Good {
        domain::SkuCode sku;
        std::int64_t units = 0;
        Money revenue;
    };
    struct Figures {
        std::vector<Day> days;  // those that have a row
        std::vector<Month> months;
        std::vector<Retained> retention;  // of the cohorts of these months
        std::vector<Good> best_goods;     // by units, then by SKU; at most goods_max
    };
    struct Period {
        ShopDay from = 0;
        ShopDay to = 0;  // before it; at most 1,100 days
        ShopMonth from_month = 0;
        ShopMonth to_month = 0;  // before it
        std::size_t goods_max = 20;
        Freshness freshness{};
    };
    virtual Answer<Figures> figures(Period period) = 0;

    struct Difference {
        ShopDay day = 0;
        std::string figure;  // "orders", "revenue KRW"
        std::int64_t kept = 0;
        std::int64_t counted = 0;
        bool operator==(const Difference&) const = default;
    };
    struct Check {
        WallTime at{};
        std::int64_t days = 0;
        std::vector<Difference> differences;
    };
    /// How a day of the shop is told from a time: local = UTC + this.
    struct Recount {
        ShopDay from = 0;
        ShopDay to = 0;  // before it
        milliseconds utc_offset{0};
        WallTime now{};
    };
    /// Counts orders, payments, refunds and visitors of the days again from what they were made of, compares, and keeps
    /// the outcome. Nothing, when events are still under way: then a difference would say nothing.
    virtual Answer<std::optional<Check>> recount(Recount what) = 0;
    virtual Answer<std::optional<Check>> last_check() = 0;
};

}  // namespace marketday::ports
