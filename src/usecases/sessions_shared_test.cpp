#include "usecases/sessions_shared.hpp"

#include <gtest/gtest.h>

#include <list>
#include <map>

#include "base/async/sim_executor.hpp"
#include "tests/support/wilful_cache.hpp"
#include "usecases/sessions_cache.hpp"

namespace marketday::usecases {
namespace {

/// Rows and the log of their changes, as the processes of one shop share them.
class LoggedSessions final : public ports::Sessions {
public:
    std::map<Key, Found> rows;
    std::vector<Change> log;
    std::int64_t next = 1;
    int finds = 0;
    bool down = false;

    void change(const CustomerId& customer) { log.push_back({customer, next++}); }

    Answer<std::size_t> add(std::vector<NewSession>) override { co_return std::size_t{0}; }
    Answer<std::optional<Found>> find(Key key, WallTime) override {
        ++finds;
        std::optional<Found> found;
        if (const auto row = rows.find(key); row != rows.end()) found = row->second;
        if (found) found->first_unseen = next;
        co_await sleep_for(milliseconds{1});
        if (down) co_return fail(Error::unavailable);
        co_return found;
    }
    Answer<std::monostate> extend(std::vector<Extension>) override { co_return std::monostate{}; }
    Answer<std::optional<CustomerId>> end(Key key) override {
        const auto row = rows.find(key);
        if (row == rows.end()) co_return std::nullopt;
        const CustomerId whose = row->second.customer;
        rows.erase(row);
        change(whose);
        co_return whose;
    }
    Answer<std::size_t> end_all(CustomerId) override { co_return std::size_t{0}; }
    Answer<Changes> changed_since(std::optional<std::int64_t> position) override {
        if (down) co_return fail(Error::unavailable);
        Changes changes{.position = next, .changes = {}};
        for (const auto& one : log)
            if (position && one.number >= *position) changes.changes.push_back(one);
        co_return changes;
    }
    Answer<std::size_t> purge(WallTime, std::size_t) override { co_return std::size_t{0}; }
};

class SharedSessionsTest : public testing::Test {
protected:
    struct Process {
        Process(LoggedSessions& rows, WilfulCache& cache, SimExecutor& sim, Hash256 key = {})
            : shared(cache, sim, {.key = key}), sessions(rows, sim, {}, &shared) {
            spawn(sim, "follow", sessions.follow());
        }
        SharedSessions shared;
        SessionCache sessions;
    };

    static Task<void> look(SessionCache& cache, std::string token, std::optional<Session>& into) {
        auto found = co_await cache.find(std::move(token));
        if (found) into = *found;
    }
    std::optional<Session> find(Process& process, const std::string& token) {
        std::optional<Session> found;
        spawn(sim_, "find", look(process.sessions, token, found));
        sim_.run_for(milliseconds{10});
        return found;
    }
    std::string log_in() {
        const CustomerId customer{uuids_.next(9)};
        const Token token = make_token(random_, customer.bucket());
        const WallTime now = sim_.wall_now();
        rows_.rows[token.key] = {
            .customer = customer, .verified = true, .created_at = now, .expires_at = one_.sessions.expiry(now, now)};
        return token.text;
    }
    void log_out(const std::string& token) {
        spawn(sim_, "end", end(rows_, *token_key(token)));
        sim_.run_for(milliseconds{1});
    }
    static Task<void> end(LoggedSessions& rows, Hash256 key) { (void)co_await rows.end(key); }
    Process& begin(Hash256 key = {}) { return processes_.emplace_back(rows_, cache_, sim_, key); }
    void follow() { sim_.run_for(milliseconds{300}); }

    SimExecutor sim_{1};
    SeededRandom random_{2};
    UuidSource uuids_{sim_, random_};
    LoggedSessions rows_;
    WilfulCache cache_;
    std::list<Process> processes_;  // their tasks go on until the executor ends
    Process& one_ = begin();
    Process& two_ = begin();
};

TEST_F(SharedSessionsTest, what_one_process_has_read_another_need_not_read) {
    follow();
    const std::string token = log_in();
    const auto here = find(one_, token);
    const auto there = find(two_, token);
    ASSERT_TRUE(here && there);
    EXPECT_EQ(there->customer, here->customer);
    EXPECT_EQ(there->csrf_token, here->csrf_token);
    EXPECT_EQ(there->expires, here->expires);
    EXPECT_TRUE(there->verified);
    EXPECT_EQ(rows_.finds, 1);
    EXPECT_EQ(two_.shared.figures().hits, 1U);
    EXPECT_NE(two_.sessions.cached(token), nullptr);
}

TEST_F(SharedSessionsTest, a_log_out_wins_over_a_cache_that_gives_back_what_was_there_before) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    const auto before = cache_.kept;
    log_out(token);
    one_.sessions.forget(token);
    EXPECT_TRUE(cache_.kept.empty());
    cache_.kept = before;  // a failover to a replica that was behind
    EXPECT_FALSE(find(one_, token)) << "at once where it was ended";
    follow();
    EXPECT_FALSE(find(one_, token));
    EXPECT_FALSE(find(two_, token));
    Process& three = begin();  // begun after it all
    follow();
    EXPECT_FALSE(find(three, token));
    EXPECT_EQ(three.shared.figures().outdated, 1U);
}

TEST_F(SharedSessionsTest, a_log_out_wins_when_the_cache_could_not_be_reached) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    cache_.silent = true;
    log_out(token);
    one_.sessions.forget(token);
    follow();
    cache_.silent = false;
    ASSERT_FALSE(cache_.kept.empty());
    EXPECT_FALSE(find(one_, token));
    EXPECT_FALSE(find(two_, token));
}

TEST_F(SharedSessionsTest, an_older_reading_that_is_kept_late_does_not_bring_a_session_back) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    const auto read_before = cache_.kept;
    log_out(token);
    follow();
    cache_.kept = read_before;  // by a process that was frozen in between
    EXPECT_FALSE(find(two_, token));
    EXPECT_EQ(two_.shared.figures().outdated, 1U);
}

TEST_F(SharedSessionsTest, what_a_change_left_alone_is_found_again) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    rows_.change(rows_.rows[*token_key(token)].customer);  // another of his sessions has ended
    follow();
    ASSERT_TRUE(find(one_, token));
    EXPECT_EQ(rows_.finds, 2);
    EXPECT_TRUE(find(two_, token));
    EXPECT_EQ(rows_.finds, 2) << "what was read after the change is believed";
}

TEST_F(SharedSessionsTest, a_process_that_cannot_follow_the_log_believes_nothing) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    rows_.down = true;
    Process& three = begin();
    follow();
    EXPECT_FALSE(find(three, token));
    rows_.down = false;
    follow();
    EXPECT_TRUE(find(three, token));
}

TEST_F(SharedSessionsTest, nor_does_one_that_could_once_and_cannot_any_more) {
    follow();
    const std::string token = log_in();
    const std::string other = log_in();
    ASSERT_TRUE(find(one_, token));
    ASSERT_TRUE(find(one_, other));
    rows_.down = true;
    sim_.run_for(milliseconds{1000});
    EXPECT_TRUE(find(two_, token)) << "a short while is what every log-out may take";
    sim_.run_for(milliseconds{1500});
    EXPECT_FALSE(find(two_, other)) << "what has been ended since it read the log it cannot know";
    EXPECT_EQ(two_.shared.figures().outdated, 1U);
    rows_.down = false;
    follow();
    EXPECT_TRUE(find(two_, other));
}

TEST_F(SharedSessionsTest, nobody_who_can_write_to_the_cache_can_make_a_session) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    const auto good = cache_.kept;
    for (std::size_t i = 0; i < good.begin()->second.size(); ++i) {
        cache_.kept = good;
        cache_.kept.begin()->second[i] ^= 1;
        Process& three = begin();
        follow();
        rows_.finds = 0;
        EXPECT_TRUE(find(three, token));
        EXPECT_EQ(rows_.finds, 1) << "byte " << i;
    }
    // Another's session under this one's name, and a shop with another secret.
    cache_.kept.clear();
    const std::string other = log_in();
    ASSERT_TRUE(find(one_, other));
    cache_.kept = {{good.begin()->first, cache_.kept.begin()->second}};
    EXPECT_NE(find(two_, token)->customer, rows_.rows[*token_key(other)].customer);
    EXPECT_EQ(two_.shared.figures().unreadable, 1U);
    cache_.kept = good;
    Process& elsewhere = begin(Hash256{1});
    follow();
    EXPECT_TRUE(find(elsewhere, token));
    EXPECT_EQ(elsewhere.shared.figures().unreadable, 1U);
}

TEST_F(SharedSessionsTest, what_was_read_long_ago_is_read_again) {
    follow();
    const std::string token = log_in();
    ASSERT_TRUE(find(one_, token));
    sim_.run_for(seconds{601});
    ASSERT_TRUE(find(two_, token));
    EXPECT_EQ(rows_.finds, 2);
    sim_.run_for(seconds{599});
    ASSERT_TRUE(find(two_, token));
    EXPECT_EQ(rows_.finds, 2);
    ASSERT_TRUE(find(one_, token));
    EXPECT_EQ(rows_.finds, 2);
    sim_.run_for(seconds{2});
    EXPECT_EQ(one_.sessions.cached(token), nullptr) << "its age counts from the store, wherever it was kept";
}

TEST(KnownChangesTest, what_was_read_before_the_changes_that_were_given_up_does_not_hold) {
    KnownChanges changes{2};
    EXPECT_FALSE(changes.holds("a", 100));
    changes.complete_above(0);
    EXPECT_TRUE(changes.holds("a", 1));
    for (std::int64_t number = 1; number <= 3; ++number) changes.changed(std::string(1, 'a' + char(number)), number);
    EXPECT_FALSE(changes.holds("z", 1));
    EXPECT_TRUE(changes.holds("z", 2));
    EXPECT_FALSE(changes.holds("d", 3));
    EXPECT_TRUE(changes.holds("d", 4));
    EXPECT_EQ(changes.size(), 2U);
    for (std::int64_t number = 4; number < 1000; ++number) changes.changed("d", number);
    EXPECT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes.holds("d", 1000));
}

TEST(KnownChangesTest, nor_before_those_that_were_given_up_while_the_log_was_read_for_the_first_time) {
    KnownChanges changes{2};
    for (const auto& [name, number] : {std::pair{"a", 10}, {"b", 11}, {"c", 12}}) changes.changed(name, number);
    changes.complete_above(0);
    EXPECT_FALSE(changes.holds("a", 5));
    EXPECT_FALSE(changes.holds("x", 10));
    EXPECT_TRUE(changes.holds("x", 11));
}

}  // namespace
}  // namespace marketday::usecases
