#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "fleet/haproxy_config.hpp"
#include "fleet/haproxy_runtime.hpp"
#include "fleet/layout.hpp"
#include "fleet/machine.hpp"
#include "fleet/plan.hpp"
#include "fleet/probe.hpp"
#include "fleet/state.hpp"
#include "fleet/topology.hpp"

namespace marketday::fleet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTiers = R"(name: shop
network: 10.9.8.0/24
hosts: [edge, app, data]
haproxy:
  host: edge
  connections_max: 9000
postgres:
  host: data
  max_connections: 60
processes:
  web:
    roles: [web]
    hosts: [app, data]
    count: 2
    count_max: 3
    database_connections: 10
  worker:
    roles: [worker, scheduler]
    hosts: [data]
settings:
  checkout: {hold_s: 20}
)";

void take_any(std::string_view, std::string_view) {}

Topology read(const std::string& text) { return parse_topology(text, "shop.yaml", take_any); }

std::string changed(std::string_view from, std::string_view to) {
    std::string text = kTiers;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text, const SettingCheck& check = take_any) {
    try {
        parse_topology(text, "shop.yaml", check);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "taken";
}

Layout lay_out(const Wishes& wishes = {}, const std::string& text = kTiers) {
    return make_layout(read(text), wishes, "/srv/shop");
}

/// As if everything of a layout ran.
State running(const Layout& layout) {
    State state;
    state.id = layout.id;
    state.network = layout.gateway.substr(0, layout.gateway.size() - 1);
    for (const Host& host : layout.hosts) state.hosts.push_back(host.name);
    for (const Part& part : layout.parts) {
        PartState& one = state.parts.emplace_back();
        one.name = part.name;
        one.kind = name_of(part.kind);
        one.host = part.host;
        one.fingerprint = part.fingerprint;
        one.serves_shoppers = part.serves_shoppers();
    }
    return state;
}

std::vector<std::string> steps(const Layout& layout, const State& state) {
    std::vector<std::string> lines;
    for (const Step& step : plan(layout, state)) {
        const std::string line = describe(step, layout);
        lines.push_back(line.substr(0, line.find_first_of(":(")));
    }
    return lines;
}

const GeneratedFile& file_of(const Layout& layout, std::string_view part, std::string_view path) {
    const auto& files = layout.find(part)->files;
    return *std::ranges::find(files, path, &GeneratedFile::path);
}

TEST(Topology, a_whole_file_is_read) {
    const Topology topology = read(kTiers);
    EXPECT_EQ(topology.name, "shop");
    EXPECT_EQ(topology.address_of("data"), "10.9.8.13");
    EXPECT_EQ(topology.postgres->max_connections, 60);
    EXPECT_EQ(topology.haproxy->requests_max, 400);
    EXPECT_EQ(topology.find_group("web")->count_max, 3);
    EXPECT_THAT(topology.find_group("worker")->roles, ElementsAre("worker", "scheduler"));
    ASSERT_EQ(topology.settings.size(), 1U);
    EXPECT_EQ(topology.settings[0].key, "checkout.hold_s");
}

TEST(Topology, the_files_that_come_with_it_are_right) {
    for (const char* file : {"1-single.yaml", "2-tiers.yaml", "4-fast.yaml"})
        EXPECT_NO_THROW(read_topology(std::string{MARKETDAY_TOPOLOGIES "/"} + file, take_any)) << file;
}

TEST(Topology, an_unknown_key_is_told_with_its_line_and_the_nearest) {
    EXPECT_EQ(refusal(changed("max_connections: 60", "max_conections: 60")),
              "shop.yaml:9: unknown key \"max_conections\" of postgres; did you mean \"max_connections\"?");
    EXPECT_THAT(refusal(changed("hosts: [app, data]", "host: [app, data]")),
                HasSubstr("unknown key \"host\" of web; did you mean \"hosts\"?"));
    EXPECT_THAT(refusal(changed("    hosts: [app, data]\n", "")),
                HasSubstr("shop.yaml:12: web needs \"hosts\", such as hosts: [app]"));
    EXPECT_THAT(refusal(changed("name: shop", "name: shop\nname: shop")), HasSubstr("twice"));
    EXPECT_THAT(refusal(changed("[worker, scheduler]", "[worker, sheduler]")), HasSubstr("no role \"sheduler\""));
    EXPECT_THAT(refusal(changed("count: 2", "count: two")),
                HasSubstr("shop.yaml:14: count of web must be a whole number"));
    EXPECT_THAT(refusal("hosts: [a"), HasSubstr("shop.yaml:"));
    EXPECT_THAT(refusal("[]"), HasSubstr("must be a map"));
}

TEST(Topology, a_placement_that_cannot_be_is_refused) {
    EXPECT_THAT(refusal(changed("host: data", "host: dat")),
                HasSubstr("placed on \"dat\", which is no host; did you mean \"data\"?"));
    EXPECT_THAT(refusal(changed("hosts: [app, data]", "hosts: [edge]")), HasSubstr("beside haproxy"));
    EXPECT_THAT(refusal(changed("postgres:\n", "nats: {host: nowhere}\npostgres:\n")), HasSubstr("nats is placed on"));
    EXPECT_EQ(refusal(changed("postgres:\n", "nats: {host: data}\npostgres:\n")), "taken");
    EXPECT_THAT(refusal(changed("[worker, scheduler]", "[worker]")), HasSubstr("no process has the role scheduler"));
    EXPECT_THAT(refusal(changed("postgres:\n  host: data\n  max_connections: 60\n", "")),
                HasSubstr("several processes need a database that they share"));
    EXPECT_THAT(refusal(changed("10.9.8.0/24", "8.8.8.0/24")), HasSubstr("must be a private one"));
    EXPECT_THAT(refusal(changed("[edge, app, data]", "[edge, app, data, app]")), HasSubstr("listed twice"));
}

TEST(Topology, pools_that_do_not_fit_are_refused_with_the_reckoning) {
    EXPECT_THAT(
        refusal(changed("max_connections: 60", "max_connections: 49")),
        HasSubstr("may open 47 connections (web 3 x 12 + worker 1 x 10 + keeper 1), but max_connections 49 leaves 46; "
                  "raise it to 50"));
    EXPECT_EQ(refusal(changed("max_connections: 60", "max_connections: 50")), "taken");
}

TEST(Topology, a_descriptor_budget_that_does_not_fit_is_refused) {
    EXPECT_THAT(refusal(changed("connections_max: 9000", "connections_max: 9851")),
                HasSubstr("haproxy needs two descriptors a connection: connections_max 9851 takes 20002, and it has "
                          "20000; lower connections_max to 9850"));
    EXPECT_EQ(refusal(changed("connections_max: 9000", "connections_max: 9850")), "taken");
    EXPECT_THAT(refusal(changed("connections_max: 9000", "descriptors: 30000")),
                HasSubstr("20000 descriptors open at most"));
    EXPECT_THAT(refusal(changed("count: 2", "count: 2\n    descriptors: 4000")),
                HasSubstr("when one of 2 web is gone"));
}

TEST(Topology, settings_are_checked_and_those_that_follow_are_refused) {
    const auto check = [](std::string_view key, std::string_view) {
        if (key != "checkout.hold_s") throw std::runtime_error("unknown key");
    };
    EXPECT_EQ(refusal(kTiers, check), "taken");
    EXPECT_THAT(refusal(changed("hold_s: 20", "holds: 20"), check), HasSubstr("shop.yaml:21: unknown key"));
    EXPECT_THAT(refusal(changed("checkout: {hold_s: 20}", "database: postgres://x")),
                HasSubstr("follows from the topology"));
}

TEST(Layout, engines_start_first_and_the_load_balancer_last) {
    const Layout layout = lay_out();
    std::vector<std::string> names;
    for (const Part& part : layout.parts) names.push_back(part.name);
    EXPECT_THAT(names, ElementsAre("postgres", "web-1", "web-2", "worker-1", "haproxy"));
    EXPECT_EQ(layout.find("web-2")->host, "data");
    EXPECT_EQ(layout.shop_url, "http://10.9.8.11");
    const std::string& config = file_of(layout, "web-1", "config/web-1.yaml").text;
    EXPECT_THAT(config, HasSubstr("http.proxy_protocol: 'true'\n"));
    EXPECT_THAT(config, HasSubstr("http.trusted_proxies: '10.9.8.11'\n"));
    EXPECT_THAT(config, HasSubstr("checkout.hold_s: '20'\n"));
    EXPECT_THAT(config, HasSubstr("database: 'postgres://marketday:@DATABASE_PASSWORD@@10.9.8.13:5432/marketday'\n"));
    EXPECT_THAT(file_of(layout, "worker-1", "config/worker-1.yaml").text, Not(HasSubstr("proxy_protocol")));
    EXPECT_THAT(file_of(layout, "postgres", "config/postgres.conf").text, HasSubstr("synchronous_commit = on\n"));
    // Two fleets on one machine never share a name.
    EXPECT_NE(lay_out().id, make_layout(read(kTiers), {}, "/srv/other").id);
}

TEST(Layout, the_balancer_sends_each_kind_of_request_to_a_queue_of_its_own) {
    const Layout layout = lay_out();
    const std::string& config = file_of(layout, "haproxy", "config/haproxy.cfg").text;
    for (const char* server :
         {"server web-1 10.9.8.12:8080 check inter 500ms", "server web-2 10.9.8.13:8080 check inter 500ms"})
        EXPECT_THAT(config, HasSubstr(server));
    EXPECT_THAT(config, HasSubstr("use_backend line if of_line"));
    EXPECT_THAT(config, HasSubstr("maxconn 200 maxqueue 500"));  // the line's own
    // Who takes all orders is left sooner when it stands still.
    const std::string orders = config.substr(config.find("backend orders\n"), 700);
    EXPECT_THAT(orders.substr(0, orders.find("\n\n")), AllOf(HasSubstr("timeout check 500ms"), HasSubstr("fall 2 ")));
    EXPECT_THAT(config, HasSubstr("fall 3 "));
    EXPECT_THAT(config, Not(HasSubstr("admin/v1")));
    EXPECT_THAT(config, Not(HasSubstr(":9080")));
}

constexpr const char* kFast = R"(name: shop
network: 10.9.8.0/24
hosts: [cdn, edge, app, jobs, data, copy, memory]
varnish: {host: cdn}
haproxy: {host: edge}
postgres: {host: data, replicas: [copy]}
redis: {host: memory}
processes:
  web: {roles: [web], hosts: [app], count: 2}
  worker: {roles: [worker, scheduler], hosts: [jobs]}
)";

std::string fast_with(std::string_view from, std::string_view to) {
    std::string text = kFast;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Topology, a_copy_needs_a_primary_elsewhere_and_a_cdn_an_origin_elsewhere) {
    EXPECT_EQ(refusal(kFast), "taken");
    EXPECT_THAT(refusal(fast_with("replicas: [copy]", "replicas: [cop]")),
                HasSubstr("a replica of postgres is placed on \"cop\", which is no host; did you mean \"copy\"?"));
    EXPECT_THAT(refusal(fast_with("replicas: [copy]", "replicas: [data]")), HasSubstr("beside its primary"));
    EXPECT_THAT(refusal(fast_with("replicas: [copy]", "replicas: [copy, copy]")), HasSubstr("one would be enough"));
    EXPECT_THAT(
        refusal(fast_with("count: 2}", "count: 2, replica_connections: 60}")),
        HasSubstr("may open 128 connections to each replica, but max_connections 100 leaves 97; raise it to 131"));
    // One of each process asks how far the primary is, and the keeper whether it takes work.
    EXPECT_THAT(refusal(fast_with("replicas: [copy]", "replicas: [copy], max_connections: 36")),
                HasSubstr("may open 34 connections (web 2 x 11 + worker 1 x 11 + keeper 1), but max_connections 36 "
                          "leaves 33"));
    EXPECT_EQ(refusal(fast_with("replicas: [copy]", "replicas: [copy], max_connections: 37")), "taken");
    EXPECT_THAT(refusal(fast_with("host: data, replicas", "replicas")), HasSubstr("postgres needs \"host\""));
    EXPECT_THAT(refusal(fast_with("varnish: {host: cdn}", "varnish: {host: edge}")), HasSubstr("beside haproxy"));
    EXPECT_THAT(refusal(fast_with("haproxy: {host: edge}\n", "")), HasSubstr("varnish has no origin to ask"));
    EXPECT_THAT(refusal(fast_with("varnish: {host: cdn}", "varnish: {host: cdn, memory_mb: 9}")),
                HasSubstr("unknown key \"memory_mb\" of varnish; did you mean \"memory_mib\"?"));
    EXPECT_THAT(refusal(fast_with("redis: {host: memory}", "redis: {host: memry}")), HasSubstr("redis is placed on"));
}

TEST(Layout, shoppers_go_to_the_cdn_and_it_goes_to_the_load_balancer) {
    const Layout layout = lay_out({}, kFast);
    std::vector<std::string> names;
    for (const Part& part : layout.parts) names.push_back(part.name);
    EXPECT_THAT(names,
                ElementsAre("postgres", "replica-1", "redis", "web-1", "web-2", "worker-1", "haproxy", "varnish"));
    EXPECT_EQ(layout.shop_url, "http://10.9.8.11");
    EXPECT_EQ(layout.origin_url, "http://10.9.8.12");
    EXPECT_THAT(file_of(layout, "haproxy", "config/haproxy.cfg").text,
                HasSubstr("http-request set-src hdr(x-forwarded-for) if { src 10.9.8.11 }\n"));
    EXPECT_THAT(file_of(layout, "web-1", "config/web-1.yaml").text, HasSubstr("redis: 'redis://:@"));
    EXPECT_THAT(file_of(layout, "web-1", "config/web-1.yaml").text,
                HasSubstr("database_replicas: 'postgres://marketday:@DATABASE_PASSWORD@@10.9.8.16:5432/marketday'\n"));
    EXPECT_THAT(file_of(layout, "worker-1", "config/worker-1.yaml").text, HasSubstr("cdn.purge: 'http://10.9.8.11'\n"));
    const std::string& vcl = file_of(layout, "varnish", "config/varnish.vcl").text;
    EXPECT_THAT(vcl, HasSubstr("    .host = \"10.9.8.12\";\n"));
    // Workers alone may purge.
    EXPECT_THAT(vcl, HasSubstr("acl purgers {\n    \"10.9.8.14\";\n}\n"));
    const std::string& copy = file_of(layout, "replica-1", "config/replica-1.conf").text;
    EXPECT_THAT(copy, HasSubstr("primary_conninfo = 'host=10.9.8.15 port=5432"));
    EXPECT_THAT(copy, Not(HasSubstr("PASSWORD")));
    EXPECT_THAT(file_of(layout, "postgres", "config/postgres.conf").text, HasSubstr("max_slot_wal_keep_size = 1024MB"));
    EXPECT_THAT(file_of(layout, "postgres", "config/postgres_hba.conf").text,
                HasSubstr("host replication marketday_replica 10.9.8.0/24 scram-sha-256\n"));
}

TEST(Plan, one_engine_is_restarted_alone_when_it_is_asked_for) {
    const State state = running(lay_out({}, kFast));
    Wishes again;
    again.generations["replica-1"] = 1;
    EXPECT_THAT(steps(lay_out(again, kFast), state), ElementsAre("~ restart replica-1"));
    EXPECT_THAT(steps(lay_out({}, fast_with("replicas: [copy]", "replicas: []")), state),
                ElementsAre("~ restart web-1", "~ restart web-2", "~ restart worker-1", "- stop replica-1"));
}

TEST(Plan, a_fleet_from_nothing_then_nothing_to_do) {
    const Layout layout = lay_out();
    EXPECT_THAT(
        steps(layout, {}),
        ElementsAre("+ host edge ", "+ host app ", "+ host data ", "+ start postgres on data ", "+ start web-1 on app ",
                    "+ start web-2 on data ", "+ start worker-1 on data ", "+ start haproxy on edge "));
    EXPECT_TRUE(plan(layout, running(layout)).empty());
}

TEST(Plan, scaling_touches_nothing_else) {
    const State state = running(lay_out());
    EXPECT_THAT(steps(lay_out({.counts = {{"web", 3}}, .generations = {}, .settings = {}, .program_mark = ""}), state),
                ElementsAre("+ start web-3 on app "));
    EXPECT_THAT(steps(lay_out({.counts = {{"web", 1}}, .generations = {}, .settings = {}, .program_mark = ""}), state),
                ElementsAre("- stop web-2"));
    EXPECT_THROW(lay_out({.counts = {{"web", 4}}, .generations = {}, .settings = {}, .program_mark = ""}),
                 std::runtime_error);
    EXPECT_THROW(lay_out({.counts = {{"wep", 1}}, .generations = {}, .settings = {}, .program_mark = ""}),
                 std::runtime_error);
}

TEST(Plan, a_change_restarts_what_it_concerns) {
    const State state = running(lay_out());
    EXPECT_THAT(steps(lay_out({}, changed("max_connections: 60", "max_connections: 70")), state),
                ElementsAre("~ restart postgres"));
    EXPECT_THAT(steps(lay_out({}, changed("hold_s: 20", "hold_s: 30")), state),
                ElementsAre("~ restart web-1", "~ restart web-2", "~ restart worker-1"));
    EXPECT_THAT(steps(lay_out({}, changed("connections_max: 9000", "connections_max: 8000")), state),
                ElementsAre("~ restart haproxy"));
    Wishes again;
    again.generations["web"] = 1;
    EXPECT_THAT(steps(lay_out(again), state), ElementsAre("~ restart web-1", "~ restart web-2"));
    // Another build of the program.
    EXPECT_EQ(steps(lay_out({.counts = {}, .generations = {}, .settings = {}, .program_mark = "new"}), state).size(),
              3U);
}

TEST(Plan, what_is_no_longer_wanted_goes_and_what_moves_is_started_elsewhere) {
    const State state = running(lay_out());
    EXPECT_THAT(steps(lay_out({}, changed("hosts: [data]\nsettings", "hosts: [app]\nsettings")), state),
                ElementsAre("~ restart worker-1"));
    const auto moved = steps(lay_out({}, changed("10.9.8.0", "10.9.7.0")), state);
    ASSERT_EQ(moved.size(), 16U);
    EXPECT_EQ(moved.front(), "- stop postgres");
    EXPECT_EQ(moved.back(), "+ start haproxy on edge ");
}

TEST(State, what_is_written_is_read_again) {
    const auto directory = std::filesystem::temp_directory_path() / "marketday-fleet-state-test";
    std::filesystem::create_directories(directory);
    State state = running(lay_out());
    state.parts[1].process = {.pid = 4242, .started = 99};
    state.parts[1].condition = "not ready: \"disk-full\"";
    state.problem = "one: two";
    state.failures = 2;
    state.retry_at_ms = 1'700'000'000'123;
    write_state(directory, state);
    const State read_again = read_state(directory);
    EXPECT_EQ(read_again.parts.size(), 5U);
    EXPECT_EQ(read_again.parts[1].process.pid, 4242);
    EXPECT_EQ(read_again.parts[1].condition, "not ready: \"disk-full\"");
    EXPECT_EQ(read_again.problem, "one: two");
    EXPECT_EQ(read_again.failures, 2);
    EXPECT_EQ(read_again.retry_at_ms, 1'700'000'000'123);
    EXPECT_TRUE(plan(lay_out(), read_again).empty());
    Wanted wanted{.serial = 3, .file = "shop.yaml", .topology = kTiers, .wishes = {}};
    wanted.wishes.counts["web"] = 1;
    wanted.wishes.settings.push_back({"rehearsal", "true"});
    write_wanted(directory, wanted);
    const Wanted asked = read_wanted(directory);
    EXPECT_EQ(asked.topology, kTiers);
    EXPECT_EQ(asked.wishes.counts.at("web"), 1);
    EXPECT_EQ(asked.wishes.settings.at(0).value, "true");
    std::ofstream{directory / "state.yaml"} << "parts: [";
    EXPECT_THROW(read_state(directory), std::runtime_error);
    std::filesystem::remove_all(directory);
}

TEST(Haproxy, its_own_table_of_servers_is_read) {
    const auto views = read_server_views(
        "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,status,\n"
        "shop,FRONTEND,,,1,2,3,4,5,6,OPEN,\n"
        "api,web-1,2,9,7,9,400,1234,0,0,UP 1/2,\n"
        "api,BACKEND,0,0,7,9,400,1234,0,0,UP,\n"
        "line,web-1,0,0,0,9,200,1,0,0,DRAIN,\n");
    ASSERT_EQ(views.size(), 2U);
    EXPECT_EQ(views.at("api").at("web-1").status, "UP 1/2");
    EXPECT_EQ(views.at("api").at("web-1").requests, 7);
    EXPECT_EQ(views.at("api").at("web-1").queued, 2);
    EXPECT_EQ(views.at("api").at("web-1").answered, 1234);
    EXPECT_EQ(views.at("line").at("web-1").status, "DRAIN");
}

TEST(Machine, what_is_run_to_its_end_does_not_outlive_who_waits_for_it) {
    const auto mark = std::filesystem::temp_directory_path() / fmt::format("marketday-fleet-run-{}", ::getpid());
    const pid_t waiting = ::fork();
    if (waiting == 0) {
        run({.command = {"/bin/sh", "-c", fmt::format("echo $$ > {}; exec sleep 60", mark.string())}}, "",
            std::chrono::seconds{60});
        ::_exit(0);
    }
    pid_t started = 0;
    for (int tries = 0; tries < 500 && !(std::ifstream{mark} >> started); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    ASSERT_GT(started, 0);
    ASSERT_TRUE(started_of(started));
    ::kill(waiting, SIGKILL);
    ::waitpid(waiting, nullptr, 0);
    for (int tries = 0; tries < 500 && started_of(started); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    EXPECT_FALSE(started_of(started));
    std::filesystem::remove(mark);
}

/// A server that answers the first message of whoever connects.
class Answering {
public:
    explicit Answering(std::string answer) : answer_(std::move(answer)) {
        sockaddr_in where{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        socklen_t size = sizeof where;
        static_cast<void>(::bind(listening_, reinterpret_cast<sockaddr*>(&where), size));
        ::listen(listening_, 1);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&where), &size);
        port_ = ntohs(where.sin_port);
        thread_ = std::thread{[this] {
            const int one = ::accept(listening_, nullptr, nullptr);
            std::array<char, 64> bytes{};
            const ssize_t got = ::recv(one, bytes.data(), bytes.size(), 0);
            asked_.assign(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            ::send(one, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            ::close(one);
        }};
    }
    ~Answering() {
        if (thread_.joinable()) thread_.join();
        ::close(listening_);
    }
    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;
    int port() const { return port_; }
    const std::string& asked() {
        thread_.join();
        return asked_;
    }

private:
    std::string answer_;
    std::string asked_;
    int listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port_ = 0;
    std::thread thread_;
};

TEST(Probe, a_database_that_recovers_answers_and_takes_nobody) {
    constexpr std::chrono::milliseconds kWithin{2'000};
    const auto ask = [kWithin](Answering& server) { return ask_postgres("127.0.0.1", server.port(), kWithin); };
    Answering recovers{"E"};
    EXPECT_EQ(ask(recovers), PostgresAnswer::refuses);
    Answering ready{std::string{"R\0\0\0\x17\0\0\0\nSCRAM-SHA-256\0\0", 24}};
    EXPECT_EQ(ask(ready), PostgresAnswer::takes_work);
    // Its length stands first and counts itself.
    const std::string& asked = ready.asked();
    ASSERT_EQ(asked.size(), 43U);
    EXPECT_EQ(asked.substr(0, 8), (std::string{"\0\0\0\x2b\0\3\0\0", 8}));
    Answering ends{""};
    EXPECT_EQ(ask(ends), PostgresAnswer::silence);
}

}  // namespace
}  // namespace marketday::fleet
