#include <signal.h>

#include <thread>

#include "adapters/distributed/redis_client.hpp"
#include "adapters/distributed/redis_rankings.hpp"
#include "adapters/distributed/redis_shared_cache.hpp"
#include "tests/contract/rankings_contract.hpp"
#include "tests/contract/shared_cache_contract.hpp"
#include "tests/support/log_lines.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/server_process.hpp"
#include "usecases/shared_rankings.hpp"

namespace marketday::contract {
namespace {

using adapters::RedisClient;
using adapters::RedisFailure;
using adapters::RedisRankings;
using adapters::RedisReply;
using adapters::RedisSharedCache;
using Command = std::vector<std::string>;

std::string fresh_prefix() {
    static int count = 0;
    return "shop-" + std::to_string(++count);
}

class RedisRankingsStore final : public RankingsStore {
public:
    ports::Rankings& rankings() override { return rankings_; }
    milliseconds window() const override { return std::chrono::minutes{60}; }
    void wait(milliseconds time) override { clock_.pass(time); }

private:
    ManualClock clock_;
    // The contract records tens of thousands of events at once, all of which must be waited for.
    RedisClient redis_{{.servers = {RedisServer::shared().url()},
                        .tls_ca = {},
                        .within = milliseconds{20'000},
                        .rest = milliseconds{50},
                        .waiting_max = 100'000}};
    RedisRankings rankings_{redis_, {.prefix = fresh_prefix(), .gathered_max = 100'000}, clock_};
};

INSTANTIATE_TEST_SUITE_P(Redis, RankingsContract,
                         testing::Values(RankingsFactory{"redis",
                                                         [] { return std::make_unique<RedisRankingsStore>(); }}),
                         [](const auto& made) { return made.param.name; });

class RedisSharedCacheStore final : public SharedCacheStore {
public:
    ports::SharedCache& cache() override { return cache_; }
    ports::SharedCache& of_another_process() override { return of_another_process_; }

private:
    std::string prefix_ = fresh_prefix();
    RedisClient redis_{{.servers = {RedisServer::shared().url()}, .tls_ca = {}, .within = milliseconds{5000}}};
    RedisClient other_{{.servers = {RedisServer::shared().url()}, .tls_ca = {}, .within = milliseconds{5000}}};
    RedisSharedCache cache_{redis_, {.prefix = prefix_}};
    RedisSharedCache of_another_process_{other_, {.prefix = prefix_}};
};

INSTANTIATE_TEST_SUITE_P(Redis, SharedCacheContract,
                         testing::Values(SharedCacheFactory{"redis",
                                                            [] { return std::make_unique<RedisSharedCacheStore>(); }}),
                         [](const auto& made) { return made.param.name; });

class Redis : public testing::Test {
protected:
    Result<RedisReply, RedisFailure> run(Command command) { return run_task(redis_.run(std::move(command))); }
    void wait_for_answers() {
        for (int i = 0; i < 400 && !run({"PING"}); ++i) std::this_thread::sleep_for(milliseconds{10});
    }

    RedisServer server_;
    RedisClient redis_{
        {.servers = {server_.url()}, .tls_ca = {}, .within = milliseconds{300}, .rest = milliseconds{200}}};
};

TEST_F(Redis, answers_are_what_was_asked_for_whatever_the_bytes) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    ASSERT_TRUE(run({"SET", "k\r\n$", bytes}));
    EXPECT_EQ(run({"GET", "k\r\n$"})->text, bytes);
    EXPECT_EQ(run({"GET", "nothing"})->kind, RedisReply::Kind::nil);
    EXPECT_EQ(run({"INCRBY", "n", "-7"})->integer, -7);
    EXPECT_EQ(run({"INCRBY", "k\r\n$", "1"})->kind, RedisReply::Kind::error);
    EXPECT_EQ(run({"MGET", "n", "nothing"})->list.size(), 2U);
}

TEST_F(Redis, a_killed_server_is_told_at_once_and_found_again_when_it_is_back) {
    ASSERT_TRUE(run({"SET", "a", "1"}));
    server_.kill();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(run({"GET", "a"}));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds{2});
    EXPECT_GT(redis_.figures().refused, 40U);
    server_.start();
    wait_for_answers();
    EXPECT_EQ(run({"GET", "a"})->kind, RedisReply::Kind::nil);  // it kept nothing
}

TEST_F(Redis, a_frozen_server_holds_up_nobody_longer_than_the_time_allowed) {
    ASSERT_TRUE(run({"SET", "a", "1"}));
    ::kill(server_.pid(), SIGSTOP);
    auto begun = std::chrono::steady_clock::now();
    const auto unanswered = run({"GET", "a"});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{1500});
    ASSERT_FALSE(unanswered);
    EXPECT_EQ(unanswered.error(), RedisFailure::outcome_unknown);
    begun = std::chrono::steady_clock::now();
    const auto refused = run({"GET", "a"});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{150});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), RedisFailure::unavailable);
    ::kill(server_.pid(), SIGCONT);
    wait_for_answers();
    EXPECT_EQ(run({"GET", "a"})->text, "1");
}

TEST_F(Redis, while_a_server_that_was_left_is_on_trial_nobody_waits_for_the_outcome) {
    ASSERT_TRUE(run({"SET", "a", "1"}));
    ::kill(server_.pid(), SIGSTOP);
    EXPECT_FALSE(run({"GET", "a"}));
    // It takes connections, and does not answer: it is tried again and again, and every command is refused at once.
    milliseconds longest{0};
    for (const auto until = std::chrono::steady_clock::now() + seconds{2}; std::chrono::steady_clock::now() < until;) {
        const auto begun = std::chrono::steady_clock::now();
        const auto refused = run({"GET", "a"});
        longest = std::max(longest, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), RedisFailure::unavailable);
        std::this_thread::sleep_for(milliseconds{5});
    }
    EXPECT_LT(longest, milliseconds{300});
    EXPECT_GT(redis_.figures().connects, 2U);
    ::kill(server_.pid(), SIGCONT);
    wait_for_answers();
    EXPECT_EQ(run({"GET", "a"})->text, "1");
}

TEST_F(Redis, the_next_server_of_the_list_takes_over) {
    RedisServer other;
    RedisClient both{
        {.servers = {server_.url(), other.url()}, .tls_ca = {}, .within = milliseconds{300}, .rest = milliseconds{20}}};
    Command set{"SET", "where", "first"};
    ASSERT_TRUE(run_task(both.run(set)));
    server_.kill();
    for (int i = 0; i < 100; ++i) {
        Command other_set{"SET", "where", "second"};
        if (run_task(both.run(std::move(other_set)))) break;
        std::this_thread::sleep_for(milliseconds{10});
    }
    Command get{"GET", "where"};
    EXPECT_EQ(run_task(both.run(get))->text, "second");
}

TEST_F(Redis, a_replica_is_not_taken_for_the_server) {
    RedisServer replica{{"--replicaof", "127.0.0.1", std::to_string(server_.port())}};
    RedisClient both{{.servers = {replica.url(), server_.url()},
                      .tls_ca = {},
                      .within = milliseconds{300},
                      .rest = milliseconds{100}}};
    const auto set = [&both] {
        Command command{"SET", "where", "primary"};
        const auto reply = run_task(both.run(std::move(command)));
        return reply && reply->kind == RedisReply::Kind::text;
    };
    for (int i = 0; i < 200 && !set(); ++i) std::this_thread::sleep_for(milliseconds{10});
    EXPECT_TRUE(set());
    // And one that becomes a replica while it is used: its connections stay.
    RedisClient direct{{.servers = {replica.url()}, .tls_ca = {}, .within = milliseconds{2000}}};
    Command promote{"REPLICAOF", "NO", "ONE"};
    (void)run_task(direct.run(std::move(promote)));
    ASSERT_TRUE(run({"REPLICAOF", "127.0.0.1", std::to_string(replica.port())}));
    bool at_the_other = false;
    for (int i = 0; i < 300 && !at_the_other; ++i) {
        std::this_thread::sleep_for(milliseconds{10});
        Command mark{"SET", "mark", "here"};
        (void)run_task(both.run(std::move(mark)));
        Command look{"GET", "mark"};
        const auto there = run_task(direct.run(std::move(look)));
        at_the_other = there && there->text == "here";
    }
    EXPECT_TRUE(at_the_other);
}

TEST_F(Redis, a_primary_that_fails_over_is_followed_to_where_the_sentinels_say) {
    const std::string port = std::to_string(server_.port());
    RedisServer replica{{"--replicaof", "127.0.0.1", port}};
    RedisSentinels sentinels{server_};
    RedisClient client{{.servers = {std::string{"redis://"} + RedisSentinels::kName},
                        .sentinels = sentinels.urls(),
                        .tls_ca = {},
                        .within = milliseconds{300},
                        .rest = milliseconds{100}}};
    const auto set = [&client](const std::string& value) {
        Command command{"SET", "where", value};
        const auto reply = run_task(client.run(std::move(command)));
        return reply && reply->kind == RedisReply::Kind::text;
    };
    const auto until = [](seconds within, const auto& holds) {
        const auto begun = std::chrono::steady_clock::now();
        while (!holds() && std::chrono::steady_clock::now() - begun < within)
            std::this_thread::sleep_for(milliseconds{20});
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
    };
    until(seconds{20}, [&] { return set("before"); });
    ASSERT_EQ(run({"GET", "where"})->text, "before");
    // They must know of the replica and of each other before they can make it the primary.
    until(seconds{60}, [&] { return sentinels.ready(); });
    ASSERT_TRUE(sentinels.ready());
    server_.kill();
    const auto gap = until(seconds{60}, [&] { return set("after"); });
    RecordProperty("redis_used_again_after_ms", std::to_string(gap.count()));
    std::printf("the primary killed: Redis is used again after %lld ms\n", static_cast<long long>(gap.count()));
    RedisClient direct{{.servers = {replica.url()}, .tls_ca = {}, .within = milliseconds{1000}}};
    Command get{"GET", "where"};
    EXPECT_EQ(run_task(direct.run(get))->text, "after");
    // What was the primary comes back, becomes a replica, and is not gone back to.
    server_.start();
    const auto is_replica = [&] { return server_.says("ROLE").find("slave") != std::string::npos; };
    until(seconds{60}, is_replica);
    ASSERT_TRUE(is_replica());
    EXPECT_TRUE(set("at last"));
    EXPECT_EQ(run_task(direct.run(get))->text, "at last");
}

TEST_F(Redis, a_sentinel_that_is_gone_or_knows_nothing_is_passed_by) {
    RedisSentinels sentinels{server_};
    const DeafPort nobody;
    auto urls = sentinels.urls();
    urls.insert(urls.begin(), "redis://127.0.0.1:" + std::to_string(nobody.port()));
    urls.insert(urls.begin(), server_.url());  // no Sentinel at all
    RedisClient client{{.servers = {std::string{"redis://"} + RedisSentinels::kName},
                        .sentinels = std::move(urls),
                        .tls_ca = {},
                        .within = milliseconds{300},
                        .rest = milliseconds{20}}};
    bool used = false;
    for (int i = 0; i < 200 && !used; ++i) {
        Command set{"SET", "where", "found"};
        used = run_task(client.run(std::move(set))).has_value();
        if (!used) std::this_thread::sleep_for(milliseconds{10});
    }
    EXPECT_TRUE(used);
    EXPECT_EQ(run({"GET", "where"})->text, "found");
    RedisClient::Options wrong{.servers = {server_.url(), server_.url()}, .sentinels = {server_.url()}, .tls_ca = {}};
    EXPECT_THROW(RedisClient{wrong}, std::runtime_error);
    wrong = {.servers = {"redis://shop"}, .sentinels = {"127.0.0.1:26379"}, .tls_ca = {}};
    EXPECT_THROW(RedisClient{wrong}, std::runtime_error);
}

TEST_F(Redis, a_sentinel_that_goes_on_naming_a_replica_is_asked_ever_less_often_and_told_of_once) {
    RedisServer replica{{"--replicaof", "127.0.0.1", std::to_string(server_.port())}};
    while (replica.says("ROLE").find("slave") == std::string::npos) std::this_thread::sleep_for(milliseconds{10});
    // It was told a replica for the primary, and alone it may not change anything.
    const auto sentinel = RedisServer::sentinel("sentinel monitor shop 127.0.0.1 " + std::to_string(replica.port()) +
                                                " 2\nsentinel down-after-milliseconds shop 60000\n");
    const LogLines log;
    RedisClient client{{.servers = {"redis://shop"},
                        .sentinels = {sentinel->url()},
                        .tls_ca = {},
                        .within = milliseconds{300},
                        .rest = milliseconds{1000}}};
    for (const auto until = std::chrono::steady_clock::now() + seconds{3}; std::chrono::steady_clock::now() < until;) {
        Command set{"SET", "where", "primary"};
        EXPECT_FALSE(run_task(client.run(std::move(set))));
        std::this_thread::sleep_for(milliseconds{5});
    }
    // After 0, 0.1, 0.3, 0.7, 1.5 and 2.5 s; ten a second would be 30.
    EXPECT_GE(client.figures().connects, 3U);
    EXPECT_LE(client.figures().connects, 7U);
    EXPECT_FALSE(client.figures().connected);
    EXPECT_EQ(log.count("redis.left"), 1U) << log;
    EXPECT_EQ(log.count("redis.connected"), 0U) << log;
    // It becomes what it was taken for.
    ASSERT_TRUE(replica.says("REPLICAOF NO ONE").starts_with("+OK"));
    bool used = false;
    for (int i = 0; i < 300 && !used; ++i) {
        Command set{"SET", "where", "primary"};
        used = run_task(client.run(std::move(set))).has_value();
        if (!used) std::this_thread::sleep_for(milliseconds{10});
    }
    EXPECT_TRUE(used);
    EXPECT_EQ(log.count("redis.connected"), 1U) << log;
}

TEST_F(Redis, a_server_with_a_password_lets_in_who_knows_it) {
    RedisServer closed{{"--requirepass", "open sesame"}};
    const std::string place = "@127.0.0.1:" + std::to_string(closed.port()) + "/3";
    RedisClient knows{{.servers = {"redis://:open%20sesame" + place}, .tls_ca = {}}};
    Command ping{"PING"};
    EXPECT_EQ(run_task(knows.run(ping))->text, "PONG");
    RedisClient wrong{{.servers = {"redis://:sesame" + place}, .tls_ca = {}}};
    const auto refused = run_task(wrong.run(ping));
    EXPECT_TRUE(!refused || refused->kind == RedisReply::Kind::error);
}

TEST_F(Redis, rankings_are_shared_and_this_process_has_its_own_while_the_server_is_dead) {
    ManualClock clock;
    RedisRankings one{redis_, {}, clock};
    RedisRankings other{redis_, {}, clock};
    adapters::RedisClient spare{{.servers = {RedisServer::shared().url()}, .tls_ca = {}}};
    RedisRankings own{spare, {.prefix = fresh_prefix()}, clock};  // in place of a process's own: it stays alive
    usecases::SharedRankings shared{one, own};
    const auto top = [](ports::Rankings& of) { return run_task(of.top(ports::Rankings::Kind::searches, 5)); };
    one.record({.kind = ports::Rankings::Kind::searches, .key = "a", .weight = 2, .source = 1});
    other.record({.kind = ports::Rankings::Kind::searches, .key = "a", .weight = 2, .source = 1});  // the same shopper
    other.record({.kind = ports::Rankings::Kind::searches, .key = "a", .weight = 1, .source = 2});
    ASSERT_TRUE(top(other));  // what it has gathered is sent
    ASSERT_TRUE(top(one));
    EXPECT_EQ(top(one)->front().score, 3);
    shared.record({.kind = ports::Rankings::Kind::searches, .key = "b", .weight = 1, .source = 3});
    EXPECT_EQ(top(shared)->front().key, "a");
    // Nobody asks there: it is sent all the same.
    other.record({.kind = ports::Rankings::Kind::searches, .key = "c", .weight = 7, .source = 4});
    const auto given_up = std::chrono::steady_clock::now() + seconds{20};
    while (top(one)->front().key != "c" && std::chrono::steady_clock::now() < given_up)
        std::this_thread::sleep_for(milliseconds{20});
    EXPECT_EQ(top(one)->front().key, "c");
    server_.kill();
    EXPECT_FALSE(top(one));
    EXPECT_EQ(top(shared)->front().key, "b");
}

}  // namespace
}  // namespace marketday::contract
