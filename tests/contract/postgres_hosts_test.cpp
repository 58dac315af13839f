// Names of databases, told by a name server that is slow, silent or changes its mind.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/postgres_server.hpp"
#include "tests/support/run_task.hpp"

namespace marketday {
namespace {

/// What the name server of this program tells of names that end in ".test".
class NameServer {
public:
    struct Told {
        std::string address;  // empty: there is none
        milliseconds after{0};
    };
    static NameServer& one() {
        static NameServer server;
        return server;
    }
    void set(const std::string& name, Told told) {
        const std::scoped_lock lock(mutex_);
        names_[name] = std::move(told);
    }
    /// What to ask for instead of `name`.
    std::string answer(const std::string& name) {
        Told told;
        {
            const std::scoped_lock lock(mutex_);
            told = names_[name];
        }
        std::this_thread::sleep_for(told.after);
        ++asked;
        return told.address;
    }
    std::atomic<int> asked{0};

private:
    std::mutex mutex_;
    std::map<std::string, Told> names_;
};

}  // namespace
}  // namespace marketday

// In place of the C library's, for everybody within this program, libpq too.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string name = node == nullptr ? "" : node;
    if (!name.ends_with(".test")) return real(node, service, hints, found);
    const std::string address = marketday::NameServer::one().answer(name);
    return address.empty() ? EAI_NONAME : real(address.c_str(), service, hints, found);
}

namespace marketday {
namespace {

using adapters::PostgresDatabase;

class PostgresNames : public testing::Test {
protected:
    static Task<std::int64_t> one(adapters::PostgresSession& session) {
        auto row = co_await session.query("SELECT 1::bigint");
        row.step();
        co_return row.integer(0);
    }
    static bool answers(PostgresDatabase& database) { return run_task(database.read(&PostgresNames::one)).has_value(); }
    std::string url_of(const std::string& host) const {
        const std::string& url = store_.url();
        return "postgres://shop@" + host + url.substr(url.rfind(':'));
    }
    PostgresDatabase::Options options_of(const std::string& host) const {
        return {.url = url_of(host), .connections = 2, .operator_connections = 1, .deadline = milliseconds{1000}};
    }
    /// The primary goes on; nobody's connection does.
    void end_connections() {
        const auto end = [](adapters::PostgresSession& session) -> Task<std::int64_t> {
            auto rows = co_await session.query(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()");
            rows.step();
            co_return rows.integer(0);
        };
        ASSERT_TRUE(run_task(store_.database().read(end)));
    }

    NameServer& names_ = NameServer::one();
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
};

TEST_F(PostgresNames, one_that_nobody_tells_holds_up_nobody_who_asks_another_database) {
    names_.set("slow.test", {.address = {}, .after = milliseconds{1500}});
    auto options = options_of("127.0.0.1");
    options.replicas = {url_of("slow.test")};
    PostgresDatabase database{options};
    const int asked_before = names_.asked;
    milliseconds longest{0};
    for (int i = 0; names_.asked < asked_before + 2; ++i) {
        ASSERT_LT(i, 2000) << "nobody has asked for the name";
        const auto begun = std::chrono::steady_clock::now();
        ASSERT_TRUE(answers(database));
        longest = std::max(longest, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun));
        std::this_thread::sleep_for(milliseconds{5});
    }
    EXPECT_LT(longest, milliseconds{700});
}

TEST_F(PostgresNames, while_the_name_server_is_silent_the_last_address_is_used) {
    names_.set("primary.test", {.address = "127.0.0.1"});
    PostgresDatabase database{options_of("primary.test")};
    ASSERT_TRUE(answers(database));
    names_.set("primary.test", {.address = {}, .after = milliseconds{2000}});
    end_connections();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(answers(database)) << i;
    EXPECT_GE(database.figures(PostgresDatabase::Priority::shoppers).opened, 2U);
}

TEST_F(PostgresNames, one_of_several_hosts_that_has_no_name_any_more_leaves_the_others) {
    names_.set("gone.test", {.address = {}});
    PostgresDatabase database{options_of("gone.test,127.0.0.1")};
    EXPECT_TRUE(answers(database));
}

TEST_F(PostgresNames, what_has_moved_is_found_at_its_new_address) {
    names_.set("moving.test", {.address = "127.0.0.1"});
    PostgresDatabase database{options_of("moving.test")};
    ASSERT_TRUE(answers(database));
    names_.set("moving.test", {.address = "127.0.0.9"});  // nobody listens there
    end_connections();
    while (answers(database)) end_connections();
    names_.set("moving.test", {.address = "127.0.0.1"});
    for (int i = 0; i < 100 && !answers(database); ++i) std::this_thread::sleep_for(milliseconds{20});
    EXPECT_TRUE(answers(database));
}

}  // namespace
}  // namespace marketday
