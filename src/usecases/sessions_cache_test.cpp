#include "usecases/sessions_cache.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/async/sim_executor.hpp"

namespace marketday::usecases {
namespace {

/// Sessions in a map, whose answers arrive later and count.
class MapSessions final : public ports::Sessions {
public:
    std::map<Key, Found> rows;
    int finds = 0;
    int extends = 0;
    bool down = false;

    Answer<std::size_t> add(std::vector<NewSession>) override { co_return std::size_t{0}; }
    Answer<std::optional<Found>> find(Key key, WallTime now) override {
        ++finds;
        const auto row = rows.find(key);
        std::optional<Found> found;
        if (row != rows.end() && row->second.expires_at > now) found = row->second;
        co_await sleep_for(milliseconds{1});
        if (down) co_return fail(Error::unavailable);
        co_return found;
    }
    Answer<std::monostate> extend(std::vector<Extension> extensions) override {
        ++extends;
        co_await sleep_for(milliseconds{1});
        for (const auto& extension : extensions) {
            if (const auto row = rows.find(extension.key); row != rows.end())
                row->second.expires_at = extension.expires_at;
        }
        co_return std::monostate{};
    }
    Answer<std::optional<CustomerId>> end(Key key) override {
        rows.erase(key);
        co_return std::nullopt;
    }
    Answer<std::size_t> end_all(CustomerId) override { co_return std::size_t{0}; }
    Answer<Changes> changed_since(std::optional<std::int64_t>) override { co_return Changes{}; }
    Answer<std::size_t> purge(WallTime, std::size_t) override { co_return std::size_t{0}; }
};

class SessionCacheTest : public testing::Test {
protected:
    SimExecutor sim_{1};
    SeededRandom random_{2};
    UuidSource uuids_{sim_, random_};
    MapSessions sessions_;
    SessionCache cache_{sessions_, sim_, {}};

    std::string add(CustomerId customer, bool verified = true) {
        const Token token = make_token(random_, customer.bucket());
        const WallTime now = sim_.wall_now();
        sessions_.rows[token.key] = {
            .customer = customer, .verified = verified, .created_at = now, .expires_at = cache_.expiry(now, now)};
        return token.text;
    }
    CustomerId customer() { return CustomerId{uuids_.next(9)}; }

    static Task<void> keep_found(SessionCache& cache, std::string token, std::optional<Session>& into, bool& failed) {
        auto found = co_await cache.find(std::move(token));
        failed = !found;
        if (found) into = *found;
    }
    std::optional<Session> find(const std::string& token, SessionCache& cache) {
        std::optional<Session> found;
        failed_ = false;
        spawn(sim_, "find", keep_found(cache, token, found, failed_));
        sim_.run_for(milliseconds{10});
        return found;
    }
    std::optional<Session> find(const std::string& token) { return find(token, cache_); }

    bool failed_ = false;
};

TEST_F(SessionCacheTest, a_session_is_read_once_and_then_cached) {
    const CustomerId mine = customer();
    const std::string token = add(mine);
    EXPECT_EQ(cache_.cached(token), nullptr);
    const auto found = find(token);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->customer, mine);
    EXPECT_EQ(found->csrf_token, csrf_token_of(token));
    const Session* cached = cache_.cached(token);
    ASSERT_NE(cached, nullptr);
    EXPECT_EQ(cached->customer, mine);
    EXPECT_EQ(sessions_.finds, 1);
    find(token);
    EXPECT_EQ(sessions_.finds, 1);
}

TEST_F(SessionCacheTest, what_is_no_token_never_reaches_the_store) {
    const std::string good = add(customer());
    for (const std::string& bad :
         {std::string{}, std::string{"x"}, good + "A", good.substr(1), std::string(40, '='), std::string(40, '\0'),
          std::string(40, '\xff'), std::string(1'000'000, 'A'), std::string(40, '_') /* bucket 65535 */}) {
        EXPECT_EQ(cache_.cached(bad), nullptr);
        EXPECT_FALSE(find(bad));
        EXPECT_FALSE(failed_);
    }
    EXPECT_EQ(sessions_.finds, 0);
    EXPECT_FALSE(find(std::string(40, 'A'))) << "well-formed, and nobody's";
    EXPECT_EQ(sessions_.finds, 1);
}

TEST_F(SessionCacheTest, a_store_that_is_down_is_not_an_unknown_session) {
    const std::string token = add(customer());
    sessions_.down = true;
    EXPECT_FALSE(find(token));
    EXPECT_TRUE(failed_);
    sessions_.down = false;
    EXPECT_TRUE(find(token));
}

TEST_F(SessionCacheTest, forgetting_ends_a_session_or_all_of_a_customer) {
    const CustomerId mine = customer();
    const CustomerId other = customer();
    const std::string a = add(mine), b = add(mine), c = add(mine), d = add(other);
    for (const auto& token : {a, b, c, d}) find(token);
    cache_.forget(b);
    EXPECT_EQ(cache_.cached(b), nullptr);
    EXPECT_NE(cache_.cached(a), nullptr);
    cache_.forget_all(mine);
    EXPECT_EQ(cache_.cached(a), nullptr);
    EXPECT_EQ(cache_.cached(c), nullptr);
    EXPECT_NE(cache_.cached(d), nullptr);
    EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(SessionCacheTest, a_load_that_a_log_out_overtook_is_not_kept) {
    const std::string token = add(customer());
    std::optional<Session> found;
    bool failed = false;
    spawn(sim_, "find", keep_found(cache_, token, found, failed));
    while (sessions_.finds == 0) sim_.step();  // It has read the row, and its answer is on the way.
    sessions_.rows.clear();
    cache_.forget(token);
    sim_.run_for(milliseconds{10});
    EXPECT_TRUE(found) << "it was asked before the log-out";
    EXPECT_EQ(cache_.cached(token), nullptr);
    EXPECT_FALSE(find(token));
}

TEST_F(SessionCacheTest, an_entry_is_read_again_when_it_is_no_longer_fresh) {
    const CustomerId mine = customer();
    const std::string token = add(mine, false);
    find(token);
    EXPECT_FALSE(cache_.cached(token)->verified);
    for (auto& row : sessions_.rows) row.second.verified = true;
    sim_.run_for(cache_.options().fresh_for);
    EXPECT_EQ(cache_.cached(token), nullptr);
    EXPECT_TRUE(find(token)->verified);
    EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(SessionCacheTest, a_session_that_expired_is_gone) {
    const std::string token = add(customer());
    find(token);
    sim_.shift_wall(std::chrono::days{31});
    EXPECT_EQ(cache_.cached(token), nullptr);
    EXPECT_FALSE(find(token));
    EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(SessionCacheTest, its_bytes_are_bounded_and_the_used_ones_stay) {
    SessionCache small{sessions_, sim_, {.bytes_max = 100 * SessionCache::kEntryBytes}};
    const std::string used = add(customer());
    find(used, small);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_NE(small.cached(used), nullptr) << i;
        find(add(customer()), small);
        ASSERT_LE(small.bytes(), 100 * SessionCache::kEntryBytes);
    }
    EXPECT_EQ(small.size(), 100U);
}

TEST_F(SessionCacheTest, an_entry_takes_no_more_than_it_is_counted_for) {
    // Key, session with its CSRF text on the heap, links, two map nodes and their share of the bucket arrays.
    EXPECT_LE(sizeof(Session) + 160 + 40 + 32 + 64, SessionCache::kEntryBytes);
}

TEST_F(SessionCacheTest, a_used_session_lives_on_and_is_written_once_an_hour) {
    const std::string token = add(customer());
    spawn(sim_, "maintain", cache_.maintain());
    find(token);
    const WallTime first = sessions_.rows.begin()->second.expires_at;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        sim_.run_for(seconds{60});
        if (cache_.cached(token) == nullptr) find(token);
    }
    EXPECT_GE(sessions_.extends, 22);
    EXPECT_LE(sessions_.extends, 24);
    EXPECT_GE(sessions_.rows.begin()->second.expires_at, first + std::chrono::hours{22});
}

TEST_F(SessionCacheTest, no_use_keeps_a_session_beyond_its_life) {
    const std::string token = add(customer());
    spawn(sim_, "maintain", cache_.maintain());
    int days = 0;
    while (find(token) && days < 1000) {
        ++days;
        sim_.shift_wall(std::chrono::days{1});
        sim_.run_for(seconds{10});
    }
    EXPECT_EQ(days, 180);
}

TEST_F(SessionCacheTest, random_use_keeps_its_lists_whole) {
    SessionCache small{sessions_, sim_, {.bytes_max = 20 * SessionCache::kEntryBytes}};
    std::vector<CustomerId> customers;
    std::vector<std::string> tokens;
    for (int i = 0; i < 10; ++i) customers.push_back(customer());
    for (int i = 0; i < 60; ++i) tokens.push_back(add(customers[random_.below(10)]));
    for (int i = 0; i < 5000; ++i) {
        const std::string& token = tokens[random_.below(tokens.size())];
        switch (random_.below(4)) {
            case 0: small.forget(token); break;
            case 1: small.forget_all(customers[random_.below(10)]); break;
            default: {
                const auto found = find(token, small);
                ASSERT_TRUE(found);
                ASSERT_EQ(found->customer, sessions_.rows.at(*token_key(token)).customer);
            }
        }
        ASSERT_LE(small.size(), 20U);
    }
}

TEST(TokenTest, a_token_carries_its_bucket_and_is_stored_as_its_hash) {
    SeededRandom random{1};
    for (const Bucket bucket : {Bucket{0}, Bucket{1}, Bucket{255}, Bucket{256}, Bucket{4095}}) {
        const Token token = make_token(random, bucket);
        ASSERT_EQ(token.text.size(), Token::kCharacters);
        EXPECT_EQ(token_key(token.text), token.key);
        EXPECT_EQ(token.key, blake2b(token.text));
        EXPECT_EQ(csrf_token_of(token.text).size(), 24U);
        EXPECT_EQ(token.text.find(csrf_token_of(token.text)), std::string::npos);
    }
    EXPECT_NE(make_token(random, 1).text, make_token(random, 1).text);
}

}  // namespace
}  // namespace marketday::usecases
