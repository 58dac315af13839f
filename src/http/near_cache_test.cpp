#include "http/near_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "base/async/sim_executor.hpp"

namespace marketday::http {
namespace {

using testing::HasSubstr;

/// A store of texts that answers 10 ms after it has read them, or fails.
struct Source {
    std::map<std::string, std::string> texts{{"a", "first"}, {"b", "second"}};
    int loads = 0;
    int status_when_down = 0;
    bool throws = false;
    std::chrono::milliseconds delay{10};
};

Task<NearCache::Loaded> load(Source* source, std::string key) {
    ++source->loads;
    const auto found = source->texts.find(key);
    NearCache::Loaded loaded;
    loaded.response.status = found == source->texts.end() ? 404 : 200;
    if (found != source->texts.end()) loaded.response.body = found->second;
    loaded.response.headers.emplace_back("Surrogate-Key", "text-" + key + " texts");
    loaded.remark = "remark of " + key;
    co_await sleep_for(source->delay);
    if (source->throws) throw std::runtime_error("broken on purpose");
    if (source->status_when_down != 0) loaded.response = json(source->status_when_down, "{}");
    co_return loaded;
}

/// The body of an answer, ready or not; "404" and the like for others.
std::string text_of(const Response& response) {
    if (response.ready) return std::string{split_ready(response.ready->identity).body};
    return std::to_string(response.status);
}

class NearCacheTest : public testing::Test {
protected:
    static constexpr seconds kTtl{60};

    static NearCachePolicy policy() {
        NearCachePolicy policy;
        policy.ttl = kTtl;
        policy.stale_while_revalidate = seconds{30};
        policy.stale_if_error = seconds{600};
        return policy;
    }

    struct Asked {
        std::optional<NearCache::Answer> answer;
        std::string error;
        std::string text() const { return answer ? text_of(answer->response) : error.empty() ? "waits" : error; }
    };
    static Task<void> keep(NearCacheTest* self, NearCache* cache, std::string key, Instant deadline, Asked* asked) {
        NearCache::Load loader = [source = &self->source_, key] { return load(source, key); };
        try {
            asked->answer = co_await cache->get(std::move(key), deadline, std::move(loader));
        } catch (const std::exception& failure) {
            asked->error = failure.what();
        }
    }
    std::shared_ptr<Asked> ask(const std::string& key, std::chrono::milliseconds patience = seconds{5}) {
        auto asked = std::make_shared<Asked>();
        asked_.push_back(asked);
        spawn(sim_, "ask", keep(this, &cache_, key, sim_.now() + patience, asked.get()));
        return asked;
    }
    std::string get(const std::string& key) {
        const auto asked = ask(key);
        sim_.run_for(std::chrono::milliseconds{50});
        return asked->text();
    }
    std::string now(const std::string& key) {
        const auto found = cache_.find_now(key);
        return found ? text_of(*found) : "none";
    }
    std::uint64_t figure(const std::atomic<std::uint64_t>& of) const { return of.load(); }

    SimExecutor sim_{1};
    SeededRandom random_{1};
    Source source_;
    NearCache cache_{policy(), sim_, random_};
    std::vector<std::shared_ptr<Asked>> asked_;
};

TEST_F(NearCacheTest, an_answer_is_loaded_once_and_then_there_at_once) {
    EXPECT_EQ(now("a"), "none");
    EXPECT_EQ(get("a"), "first");
    EXPECT_EQ(now("a"), "first");
    EXPECT_EQ(get("a"), "first");
    EXPECT_EQ(source_.loads, 1);
    EXPECT_EQ(figure(cache_.figures().hits_total), 2U);
    EXPECT_EQ(figure(cache_.figures().misses_total), 1U);
    EXPECT_GT(figure(cache_.figures().bytes), 0U);
}

TEST_F(NearCacheTest, its_bytes_carry_the_headers_of_caches) {
    get("a");
    const std::string bytes = cache_.find_now("a")->ready->identity;
    EXPECT_THAT(bytes, HasSubstr("\r\nCache-Control: public, max-age=1, stale-if-error=600\r\n"));
    EXPECT_THAT(bytes, HasSubstr("CDN-Cache-Control: max-age=60, stale-while-revalidate=30, stale-if-error=600\r\n"));
    EXPECT_THAT(bytes, HasSubstr("Surrogate-Key: text-a texts\r\n"));
    EXPECT_THAT(bytes, HasSubstr("ETag: \""));
}

TEST_F(NearCacheTest, a_hundred_who_miss_at_once_load_once) {
    for (int i = 0; i < 100; ++i) ask("a");
    sim_.run_for(seconds{1});
    EXPECT_EQ(source_.loads, 1);
    int loaded = 0;
    for (const auto& asked : asked_) {
        EXPECT_EQ(asked->text(), "first");
        EXPECT_EQ(asked->answer->remark, "remark of a");
        loaded += asked->answer->loaded ? 1 : 0;
    }
    EXPECT_EQ(loaded, 1);
    EXPECT_EQ(figure(cache_.figures().joined_total), 99U);
}

TEST_F(NearCacheTest, whoever_waits_for_another_keeps_his_own_deadline) {
    source_.delay = seconds{3};
    const auto patient = ask("a", seconds{10});
    sim_.run_for(milliseconds{1});
    const auto hasty = ask("a", milliseconds{100});
    sim_.run_for(milliseconds{150});
    EXPECT_EQ(hasty->text(), "503");
    EXPECT_EQ(patient->text(), "waits");
    sim_.run_for(seconds{5});
    EXPECT_EQ(patient->text(), "first");
    EXPECT_EQ(source_.loads, 1);
}

TEST_F(NearCacheTest, an_entry_ends_with_its_ttl_less_a_jitter) {
    int gone_early = 0;
    for (int i = 0; i < 200; ++i) source_.texts[std::to_string(i)] = "x";
    for (int i = 0; i < 200; ++i) ask(std::to_string(i));
    sim_.run_for(milliseconds{50});
    sim_.run_for(seconds{53});
    for (int i = 0; i < 200; ++i) ASSERT_EQ(now(std::to_string(i)), "x");
    sim_.run_for(seconds{4});
    for (int i = 0; i < 200; ++i) gone_early += now(std::to_string(i)) == "none" ? 1 : 0;
    EXPECT_GT(gone_early, 40);
    EXPECT_LT(gone_early, 160);
    sim_.run_for(seconds{4});
    for (int i = 0; i < 200; ++i) EXPECT_EQ(now(std::to_string(i)), "none");
}

TEST_F(NearCacheTest, stale_bytes_are_given_while_one_renews_them) {
    get("a");
    source_.texts["a"] = "changed";
    sim_.run_for(kTtl);
    EXPECT_EQ(now("a"), "none") << "nobody renews it yet";
    const auto first = ask("a");
    sim_.run_for(milliseconds{1});
    EXPECT_EQ(first->text(), "first");
    EXPECT_EQ(now("a"), "first");
    EXPECT_EQ(ask("a")->text(), "waits");
    sim_.run_for(milliseconds{50});
    EXPECT_EQ(now("a"), "changed");
    EXPECT_EQ(source_.loads, 2);
    EXPECT_GE(figure(cache_.figures().stale_hits_total), 2U);
    sim_.run_for(kTtl + seconds{31});
    source_.texts["a"] = "changed again";
    EXPECT_EQ(get("a"), "changed again") << "too stale for that";
}

TEST_F(NearCacheTest, stale_bytes_are_given_when_loading_fails) {
    get("a");
    sim_.run_for(kTtl + seconds{60});
    for (const int how : {0, 1, 2}) {
        source_.throws = how == 0;
        source_.status_when_down = how == 1 ? 503 : 0;
        source_.delay = how == 2 ? std::chrono::milliseconds{1000} : std::chrono::milliseconds{10};
        if (how == 2) {  // The joiner loses patience.
            ask("a");
            sim_.run_for(milliseconds{1});
            const auto joiner = ask("a", milliseconds{20});
            sim_.run_for(milliseconds{30});
            EXPECT_EQ(joiner->text(), "first");
        } else {
            EXPECT_EQ(get("a"), "first") << how;
        }
    }
    EXPECT_EQ(figure(cache_.figures().error_hits_total), 3U);
}

TEST_F(NearCacheTest, without_stale_bytes_a_failure_is_told) {
    source_.status_when_down = 503;
    EXPECT_EQ(get("a"), "503");
    source_.status_when_down = 0;
    source_.throws = true;
    const auto leader = ask("a");
    const auto joiner = ask("a");
    sim_.run_for(milliseconds{50});
    const std::vector<std::string> told{leader->text(), joiner->text()};
    EXPECT_THAT(told, testing::UnorderedElementsAre("broken on purpose", "503"));
    source_.throws = false;
    EXPECT_EQ(get("a"), "first") << "a failure is not kept";
    source_.throws = true;
    sim_.run_for(kTtl + seconds{601});
    EXPECT_EQ(get("a"), "broken on purpose") << "too stale for that too";
}

TEST_F(NearCacheTest, what_is_gone_is_not_kept) {
    get("a");
    source_.texts.erase("a");
    EXPECT_EQ(get("a"), "first");
    sim_.run_for(kTtl + seconds{40});
    EXPECT_EQ(get("a"), "404");
    source_.throws = true;
    EXPECT_EQ(get("a"), "broken on purpose") << "no stale bytes of what does not exist";
    EXPECT_EQ(figure(cache_.figures().entries), 0U);
}

TEST_F(NearCacheTest, an_invalidation_removes_what_its_surrogate_key_names) {
    get("a");
    get("b");
    cache_.invalidate("text-a", 1);
    EXPECT_EQ(now("a"), "none");
    EXPECT_EQ(now("b"), "second");
    get("a");
    cache_.invalidate("texts", 2);
    EXPECT_EQ(now("a"), "none");
    EXPECT_EQ(now("b"), "none");
    EXPECT_EQ(figure(cache_.figures().invalidated_total), 3U);
    EXPECT_EQ(figure(cache_.figures().bytes), 0U);
}

TEST_F(NearCacheTest, an_invalidation_told_twice_or_late_spares_what_was_loaded_after_it) {
    cache_.invalidate("texts", 7);
    get("a");
    cache_.invalidate("texts", 7);
    cache_.invalidate("text-a", 3);
    cache_.invalidate_all(6);
    EXPECT_EQ(now("a"), "first");
    cache_.invalidate_all(8);
    EXPECT_EQ(now("a"), "none");
}

TEST_F(NearCacheTest, a_load_begun_before_an_invalidation_is_neither_stored_nor_joined) {
    const auto before = ask("a");
    sim_.run_for(milliseconds{5});  // It has read the old text, which is on its way.
    source_.texts["a"] = "changed";
    cache_.invalidate("text-a", 1);
    const auto after = ask("a");
    sim_.run_for(milliseconds{7});
    EXPECT_EQ(before->text(), "first") << "asked before the change";
    EXPECT_EQ(now("a"), "none");
    sim_.run_for(milliseconds{50});
    EXPECT_EQ(after->text(), "changed");
    EXPECT_EQ(now("a"), "changed");
    EXPECT_EQ(source_.loads, 2);
    EXPECT_EQ(figure(cache_.figures().overtaken_total), 1U);
}

TEST_F(NearCacheTest, an_invalidated_entry_is_not_given_when_loading_fails) {
    get("a");
    cache_.invalidate("text-a", 1);
    source_.status_when_down = 503;
    EXPECT_EQ(get("a"), "503");
}

TEST_F(NearCacheTest, its_bytes_are_bounded) {
    NearCachePolicy small = policy();
    small.bytes_max = 20'000;
    NearCache cache{small, sim_, random_};
    std::vector<std::unique_ptr<Asked>> asked;
    for (int i = 0; i < 500; ++i) {
        source_.texts[std::to_string(i)] = std::string(random_.below(3000), 'x');
        asked.push_back(std::make_unique<Asked>());
        spawn(sim_, "ask", keep(this, &cache, std::to_string(i), sim_.now() + seconds{1}, asked.back().get()));
        sim_.run_for(milliseconds{20});
        ASSERT_LE(cache.figures().bytes.load(), small.bytes_max);
    }
    EXPECT_GT(cache.figures().evictions_total.load(), 400U);
    cache.invalidate("texts", 1);
    EXPECT_EQ(cache.figures().bytes.load(), 0U);
    EXPECT_EQ(cache.figures().entries.load(), 0U);
}

TEST_F(NearCacheTest, without_room_nothing_is_kept_and_loads_are_still_shared) {
    NearCachePolicy none = policy();
    none.bytes_max = 0;
    NearCache cache{none, sim_, random_};
    Asked first, second;
    spawn(sim_, "ask", keep(this, &cache, "a", sim_.now() + seconds{1}, &first));
    spawn(sim_, "ask", keep(this, &cache, "a", sim_.now() + seconds{1}, &second));
    sim_.run_for(milliseconds{50});
    EXPECT_EQ(first.text(), "first");
    EXPECT_EQ(second.text(), "first");
    EXPECT_EQ(source_.loads, 1);
    EXPECT_FALSE(cache.find_now("a"));
}

TEST_F(NearCacheTest, random_changes_are_never_shown_later_than_their_invalidation) {
    std::uint64_t version = 0;
    source_.delay = std::chrono::milliseconds{3};
    for (int step = 0; step < 3000; ++step) {
        const std::string key = random_.below(2) == 0 ? "a" : "b";
        const auto act = random_.below(10);
        if (act == 0) {
            source_.texts[key] = std::to_string(step);
            cache_.invalidate("text-" + key, ++version);
        } else if (act < 6) {
            ask(key);
        }
        if (const auto found = now(key); found != "none") {
            ASSERT_EQ(found, source_.texts[key]) << step;
        }
        sim_.run_for(milliseconds{random_.below(4)});
    }
    EXPECT_GT(figure(cache_.figures().overtaken_total), 0U);
}

}  // namespace
}  // namespace marketday::http
