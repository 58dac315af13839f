#include "crowd/crowd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "crowd/json_view.hpp"
#include "crowd/summary.hpp"
#include "crowd/test_shop.hpp"

namespace marketday::crowd {
namespace {

using Fault = TestShop::Fault;

Options small_rush(const TestShop& shop) {
    Options options;
    options.url = options.admin_url = shop.url();
    options.admin_token = "operator";
    options.shoppers = 300;
    options.arrive_us = 400'000;
    options.patience_us = 5'000'000;
    options.display = Options::Display::none;
    return options;
}

Report run_crowd(const Options& options) {
    auto report = run(options, [](const std::string&) {});
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.has_value() ? *std::move(report) : Report{};
}

std::set<std::string> kinds(const Report& report) {
    std::set<std::string> all;
    for (const Contradiction& each : report.contradictions) all.insert(each.kind);
    return all;
}

std::uint64_t ended(const Report& report, Ending ending) { return report.endings[static_cast<std::size_t>(ending)]; }

TEST(Crowd, sells_what_there_is_and_tells_the_others) {
    const TestShop shop({.units = 50});
    const Report report = run_crowd(small_rush(shop));
    EXPECT_EQ(report.orders_acknowledged, 50U);
    EXPECT_EQ(report.units_sold, 50U);
    EXPECT_EQ(report.units_offered, 50U);
    EXPECT_EQ(ended(report, Ending::bought), 50U);
    EXPECT_EQ(ended(report, Ending::told_no), 250U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
    EXPECT_EQ(report.verified, 50U);
    EXPECT_GT(report.seconds_to_sold_out, 0);
    EXPECT_EQ(report.exit_code(), 0);
}

TEST(Crowd, comes_before_the_opening_and_waits) {
    const TestShop shop({.units = 50, .opens_in_ms = 1500});
    Options options = small_rush(shop);
    options.start_offset_us = -500'000;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.units_sold, 50U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
    EXPECT_GT(report.ops[static_cast<std::size_t>(Op::poll)].ok, 0U);
}

TEST(Crowd, splits_into_processes_and_counts_as_one) {
    const TestShop shop({.units = 50});
    Options options = small_rush(shop);
    options.processes = 3;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.processes, 3U);
    EXPECT_EQ(ended(report, Ending::bought) + ended(report, Ending::told_no), 300U);
    EXPECT_EQ(report.units_sold, 50U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
}

TEST(Crowd, the_same_seed_brings_the_same_shoppers) {
    std::vector<std::uint64_t> looks;
    for (int round = 0; round < 2; ++round) {
        const TestShop shop({.units = 10});
        looks.push_back(run_crowd(small_rush(shop)).ops[static_cast<std::size_t>(Op::look)].ok);
    }
    EXPECT_EQ(looks[0], looks[1]);
}

TEST(Crowd, waits_for_payments_that_stay_silent) {
    const TestShop shop({.units = 50});
    Options options = small_rush(shop);
    options.silent_payments_percent = 50;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.units_sold, 50U);
    EXPECT_GT(report.statuses.at(202), 5U);
}

TEST(Crowd, calls_a_payment_unknown_that_is_never_decided) {
    const TestShop shop({.units = 20, .silent_stays = true});
    Options options = small_rush(shop);
    options.silent_payments_percent = 100;
    options.patience_us = 1'500'000;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.units_sold, 0U);
    EXPECT_EQ(report.ops[static_cast<std::size_t>(Op::pay)].unknown, 20U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
}

TEST(Crowd, every_order_has_an_outcome_across_a_restart) {
    const TestShop shop({.fault = Fault::restarts, .units = 200});
    Options options = small_rush(shop);
    options.across_restart = true;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.orders_unknown, 0U);
    EXPECT_EQ(report.units_sold, 200U);
    EXPECT_GT(report.retries, 0U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
}

TEST(Crowd, a_lost_answer_is_unknown_when_nobody_asks_again) {
    const TestShop shop({.fault = Fault::cuts_after_commit, .units = 200, .line = false});
    Options options = small_rush(shop);
    options.look_percent = options.search_percent = 0;  // so that each order is the first on its connection
    const Report report = run_crowd(options);
    EXPECT_GT(report.orders_unknown, 20U);
    EXPECT_EQ(report.reasons.at("connection-lost"), report.orders_unknown);
}

TEST(Crowd, a_lost_answer_is_found_again_with_the_same_key) {
    const TestShop shop({.fault = Fault::cuts_after_commit, .units = 200, .line = false});
    Options options = small_rush(shop);
    options.across_restart = true;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.orders_unknown, 0U);
    EXPECT_EQ(report.orders_acknowledged, 200U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
}

TEST(Crowd, nobody_there_is_refused_not_unknown) {
    Options options;
    {
        const TestShop shop({.units = 10, .opens_in_ms = 60'000});
        options = small_rush(shop);
    }
    const auto report = run(options, [](const std::string&) {});
    ASSERT_FALSE(report.has_value());
    EXPECT_NE(report.error().message.find("no answer from http://127.0.0.1:"), std::string::npos)
        << report.error().message;
}

TEST(Crowd, a_declared_503_is_tried_again) {
    const TestShop shop({.fault = Fault::busy, .units = 50});
    const Report report = run_crowd(small_rush(shop));
    EXPECT_GT(report.statuses.at(503), 0U);
    EXPECT_EQ(report.units_sold, 50U);
    EXPECT_EQ(report.orders_unknown, 0U);
}

TEST(Crowd, a_stream_keeps_its_pace_and_its_connections) {
    const TestShop shop({.units = 1'000'000, .limit = 1'000'000, .line = false});
    Options options = small_rush(shop);
    options.mode = Mode::steady;
    options.orders_per_second = 500;
    options.duration_us = 1'000'000;
    options.connections = 16;
    options.prepare = 100;
    const Report report = run_crowd(options);
    EXPECT_EQ(report.orders_acknowledged, 500U);
    EXPECT_EQ(report.lost_connections, 0U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
}

TEST(Crowd, a_closed_loop_sends_as_fast_as_it_is_answered) {
    const TestShop shop({.units = 1'000'000, .limit = 1'000'000, .line = false});
    Options options = small_rush(shop);
    options.mode = Mode::steady;
    options.duration_us = 500'000;
    options.connections = 32;
    options.prepare = 100;
    options.verify = 20;
    const Report report = run_crowd(options);
    EXPECT_GT(report.orders_acknowledged, 500U);
    EXPECT_EQ(report.verified, 20U);
}

TEST(Crowd, replays_real_baskets_in_order) {
    const TestShop shop({.units = 10, .line = false});
    Options options = small_rush(shop);
    options.mode = Mode::replay;
    options.compress = 1000;
    options.replay_file = testing::TempDir() + "/orders-" + std::to_string(getpid()) + ".csv";
    std::ofstream(options.replay_file)
        << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
           "1,A,x,6,2010-12-01 08:26:00,2.55,17850.0,UK\n"
           "1,B,x,1,2010-12-01 08:26:00,2.55,17850.0,UK\n"
           "2,A,x,2,2010-12-01 08:36:00,2.55,17851.0,UK\n";
    const Report report = run_crowd(options);
    EXPECT_EQ(report.orders_acknowledged, 2U);
    EXPECT_EQ(report.units_sold, 9U);
    EXPECT_EQ(report.contradictions_count, 0U) << summary_text(report);
    std::filesystem::remove(options.replay_file);
}

TEST(Crowd, writes_a_report_that_can_be_read_again) {
    const TestShop shop({.units = 50});
    Options options = small_rush(shop);
    options.report_dir = testing::TempDir() + "/crowd-" + std::to_string(getpid());
    const Report report = run_crowd(options);
    std::ifstream history(options.report_dir + "/history.jsonl");
    std::uint64_t acknowledged = 0;
    std::int64_t before_us = 0;
    for (std::string line; std::getline(history, line);) {
        const JsonView entry(line);
        ASSERT_EQ(entry.raw(), line);
        EXPECT_GE(entry["start_us"].integer_or(0), before_us);
        before_us = entry["start_us"].integer_or(0);
        EXPECT_GE(entry["end_us"].integer_or(0), before_us);
        if (entry["op"].bare() != "order" || entry["outcome"].bare() != "ok") continue;
        ++acknowledged;
        EXPECT_EQ(entry["key"].bare().size(), 32U);
        EXPECT_FALSE(entry["order"].absent());
        EXPECT_GT(entry["receipt"]["sequence"].integer_or(0), 0);
        EXPECT_EQ(entry["receipt"]["hash"].bare().size(), 64U);
        EXPECT_NE(entry["lines"].raw().find(R"("sku":"hot","quantity":1)"), std::string_view::npos);
    }
    EXPECT_EQ(acknowledged, report.orders_acknowledged);
    std::ifstream summary(options.report_dir + "/summary.json");
    const std::string text(std::istreambuf_iterator<char>(summary), {});
    EXPECT_EQ(JsonView(text)["orders"]["acknowledged"].integer(), 50);
    EXPECT_EQ(JsonView(text)["latency_ms"]["order"]["p99"].absent(), false);
    std::ifstream page(options.report_dir + "/report.html");
    const std::string html(std::istreambuf_iterator<char>(page), {});
    EXPECT_NE(html.find("</html>"), std::string::npos);
    EXPECT_EQ(html.find("src=\"http"), std::string::npos) << "the page must not need the network";
    std::filesystem::remove_all(options.report_dir);
}

struct Planted {
    Fault fault;
    std::string kind;
};

class CrowdFinds : public testing::TestWithParam<Planted> {};

TEST_P(CrowdFinds, a_planted_contradiction) {
    const bool queues = GetParam().fault == Fault::changes_places;
    const TestShop shop({.fault = GetParam().fault, .units = 50, .line = queues, .opens_in_ms = queues ? 1500 : 0});
    Options options = small_rush(shop);
    options.repeat_percent = 50;
    options.start_offset_us = queues ? -500'000 : 0;
    if (GetParam().fault == Fault::ignores_limit) {
        options.mode = Mode::steady;
        options.duration_us = 200'000;
        options.connections = 4;
        options.prepare = 2;
    }
    const TestShop stream({.fault = GetParam().fault, .units = 1'000'000, .line = false});
    if (options.mode == Mode::steady) options.url = options.admin_url = stream.url();
    const Report report = run_crowd(options);
    EXPECT_THAT(kinds(report), testing::Contains(GetParam().kind));
    EXPECT_EQ(report.exit_code(), 3);
}

INSTANTIATE_TEST_SUITE_P(Faults, CrowdFinds,
                         testing::Values(Planted{Fault::second_order_for_key, "two_orders_one_key"},
                                         Planted{Fault::grants_after_refusal, "granted_after_refused"},
                                         Planted{Fault::forgets_orders, "acknowledged_order_missing"},
                                         Planted{Fault::sells_too_many, "oversold"},
                                         Planted{Fault::charges_more, "price_differs"},
                                         Planted{Fault::repeats_receipts, "receipt_repeated"},
                                         Planted{Fault::changes_places, "place_changed"},
                                         Planted{Fault::ignores_limit, "limit_exceeded"}),
                         [](const auto& each) { return each.param.kind; });

}  // namespace
}  // namespace marketday::crowd
