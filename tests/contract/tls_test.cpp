// Engines behind TLS: who is vouched for by the authority that the settings name is used, and nobody else.

#include <gtest/gtest.h>

#include <thread>

#include "adapters/distributed/nats_connection.hpp"
#include "adapters/distributed/postgres_database.hpp"
#include "adapters/distributed/redis_client.hpp"
#include "tests/support/authority.hpp"
#include "tests/support/log_lines.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/server_process.hpp"

namespace marketday::contract {
namespace {

constexpr const char* kHere = "DNS:localhost,IP:127.0.0.1";
constexpr const char* kElsewhere = "DNS:elsewhere.example";

class Tls : public testing::Test {
protected:
    Authority trusted_;
    Authority stranger_;
    LogLines log_;
};

class TlsToPostgres : public Tls {
protected:
    ~TlsToPostgres() override { PostgresServer::shared().without_tls(); }

    /// Serves with that certificate from now on.
    void serve_with(const Authority::Server& server) {
        PostgresServer::shared().with_tls(server.certificate, server.key);
    }
    std::string url(const std::string& parameters) const { return store_.url() + "?" + parameters; }
    std::string verified_by(const Authority& authority) const {
        return url("sslmode=verify-full&sslrootcert=" + authority.certificate().string());
    }
    static adapters::PostgresDatabase::Options with(std::string at) {
        return {.url = std::move(at), .connections = 1, .operator_connections = 1};
    }
    static std::string refusal(const std::string& at) {
        try {
            const adapters::PostgresDatabase database{with(at)};
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "it was not refused";
    }

    TemporaryPostgres store_;
};

TEST_F(TlsToPostgres, a_server_that_is_vouched_for_is_used) {
    serve_with(trusted_.vouch_for(kHere));
    adapters::PostgresDatabase database{with(verified_by(trusted_))};
    const auto encrypted = run_task(database.read([](adapters::PostgresSession& session) -> Task<bool> {
        auto row = co_await session.query(
            "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl AND version = 'TLSv1.3'");
        row.step();
        co_return row.integer(0) == 1;
    }));
    ASSERT_TRUE(encrypted);
    EXPECT_TRUE(*encrypted);
    // More than one record of TLS in each direction.
    const auto large = run_task(database.read([](adapters::PostgresSession& session) -> Task<std::string> {
        auto row = co_await session.query("SELECT repeat('x', 1000000) || $1", std::string(1'000'000, 'y'));
        row.step();
        co_return std::string{row.text(0)};
    }));
    ASSERT_TRUE(large);
    EXPECT_EQ(*large, std::string(1'000'000, 'x') + std::string(1'000'000, 'y'));
}

TEST_F(TlsToPostgres, a_server_that_nobody_known_vouches_for_is_refused_with_what_to_do) {
    serve_with(stranger_.vouch_for(kHere));
    const std::string said = refusal(verified_by(trusted_));
    EXPECT_NE(said.find("certificate"), std::string::npos) << said;
    EXPECT_NE(said.find("sslrootcert"), std::string::npos) << said;
    serve_with(trusted_.vouch_for(kElsewhere));
    const std::string other = refusal(verified_by(trusted_));
    EXPECT_NE(other.find("elsewhere.example"), std::string::npos) << other;
    PostgresServer::shared().without_tls();
    const std::string none = refusal(verified_by(trusted_));
    EXPECT_NE(none.find("SSL"), std::string::npos) << none;
}

class TlsToRedis : public Tls {
protected:
    struct Server {
        explicit Server(const Authority::Server& with)
            : redis({"--tls-port", std::to_string(port), "--tls-cert-file", with.certificate.string(), "--tls-key-file",
                     with.key.string(), "--tls-auth-clients", "no", "--tls-ca-cert-file", with.certificate.string()}) {}
        int port = free_port();
        RedisServer redis;
    };
    static bool answers(const Server& server, const Authority& authority, const std::string& host = "localhost") {
        adapters::RedisClient client{{.servers = {"rediss://" + host + ":" + std::to_string(server.port)},
                                      .tls_ca = authority.certificate().string(),
                                      .within = milliseconds{3000}}};
        std::vector<std::string> ping{"PING"};
        const auto reply = run_task(client.run(ping));
        return reply && reply->text == "PONG";
    }
};

TEST_F(TlsToRedis, a_server_that_is_vouched_for_is_used_and_no_other) {
    const Server good{trusted_.vouch_for(kHere)};
    EXPECT_TRUE(answers(good, trusted_));
    EXPECT_TRUE(answers(good, trusted_, "127.0.0.1"));
    EXPECT_FALSE(answers(good, stranger_));
    EXPECT_TRUE(log_.tells("redis.left", "redis_server.tls_ca")) << log_;
    const Server elsewhere{trusted_.vouch_for(kElsewhere)};
    EXPECT_FALSE(answers(elsewhere, trusted_));
    EXPECT_TRUE(log_.tells("redis.left", "name of another host")) << log_;
}

TEST_F(TlsToRedis, a_primary_is_asked_for_and_used_over_tls) {
    const auto vouched = trusted_.vouch_for(kHere);
    const Server primary{vouched};
    const std::string port = std::to_string(free_port());
    const auto sentinel = RedisServer::sentinel(
        "sentinel monitor shop 127.0.0.1 " + std::to_string(primary.port) + " 1\ntls-replication yes\ntls-port " +
        port + "\ntls-cert-file " + vouched.certificate.string() + "\ntls-key-file " + vouched.key.string() +
        "\ntls-ca-cert-file " + trusted_.certificate().string() + "\ntls-auth-clients no\n");
    const auto answered = [&port](const Authority& authority) {
        adapters::RedisClient client{{.servers = {"rediss://shop"},
                                      .sentinels = {"rediss://localhost:" + port},
                                      .tls_ca = authority.certificate().string(),
                                      .within = milliseconds{3000}}};
        std::vector<std::string> ping{"PING"};
        const auto reply = run_task(client.run(std::move(ping)));
        return reply && reply->text == "PONG";
    };
    EXPECT_TRUE(answered(trusted_));
    EXPECT_FALSE(answered(stranger_));
    EXPECT_TRUE(log_.tells("redis.sentinel_left", "redis_server.tls_ca")) << log_;
}

class TlsToNats : public Tls {
protected:
    struct Server {
        Server(const Authority::Server& with, const Authority& vouched_by)
            : nats("tls { cert_file: \"" + with.certificate.string() + "\", key_file: \"" + with.key.string() + "\" }",
                   vouched_by.certificate()) {}
        NatsServer nats;
    };
    static bool answers(const NatsServer& server, const Authority& authority, const std::string& host) {
        adapters::NatsConnection nats{{.servers = {"tls://" + host + ":" + std::to_string(server.port())},
                                       .tls_ca = authority.certificate().string(),
                                       .credentials = {}}};
        for (int i = 0; i < 50 && !nats.connected(); ++i) std::this_thread::sleep_for(milliseconds{20});
        return nats.ask_one("$JS.API.INFO", "", milliseconds{3000}).kind ==
               adapters::NatsConnection::Reply::Kind::answered;
    }
};

TEST_F(TlsToNats, a_server_that_is_vouched_for_is_used_and_no_other) {
    const Server good{trusted_.vouch_for("DNS:ip6-localhost,IP:127.0.0.1"), trusted_};
    EXPECT_TRUE(answers(good.nats, trusted_, "127.0.0.1"));
    EXPECT_FALSE(answers(good.nats, stranger_, "127.0.0.1"));
    EXPECT_TRUE(log_.tells("events.not_connected_yet", "events_server.tls_ca")) << log_;
    EXPECT_FALSE(answers(good.nats, trusted_, "localhost")) << "a name that is not in its certificate";
    EXPECT_TRUE(log_.tells("events.not_connected_yet", "mismatch")) << log_;
}

}  // namespace
}  // namespace marketday::contract
