#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "adapters/distributed/nats_event_bus.hpp"
#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "adapters/distributed/postgres_statistics.hpp"
#include "base/async/asio_executor.hpp"
#include "base/random.hpp"
#include "tests/contract/event_bus_contract.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "usecases/relay.hpp"
#include "usecases/relay_consumer.hpp"

namespace marketday::contract {
namespace {

using adapters::NatsEventBus;

NatsEventBus::Options options_of(const NatsServer& server) {
    static int streams = 0;
    NatsEventBus::Options options;
    options.connection.servers = {server.url()};
    options.stream = "shop-" + std::to_string(++streams);
    options.within = milliseconds{2000};
    return options;
}

class NatsBusStore final : public BusStore {
public:
    ports::EventBus& bus() override { return bus_; }
    ports::EventMemory& memory() override { return memory_; }
    ports::Leases& leases() override { return leases_; }
    ManualClock& clock() override { return clock_; }
    milliseconds ack_within() const override { return milliseconds{900}; }
    void pass_really(milliseconds time) override {
        clock_.pass(time);
        std::this_thread::sleep_for(time);
    }

private:
    ManualClock clock_;
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1}};
    NatsEventBus bus_{store_.database(), clock_, options_of(NatsServer::shared())};
    adapters::PostgresEventMemory memory_{store_.database()};
    adapters::PostgresLeases leases_{store_.database()};
};

INSTANTIATE_TEST_SUITE_P(Nats, EventBusContract,
                         testing::Values(BusFactory{"nats", [] { return std::make_unique<NatsBusStore>(); }}),
                         [](const auto& of) { return of.param.name; });

/// A shop's outbox, relay and one consumer, over a server that is killed and loses what it has.
class NatsRelay : public testing::Test {
protected:
    NatsRelay() { fence_ = run_task(leases_.acquire("relay", "test", clock_.wall_now(), seconds{60})).value().value(); }

    void happens(int first, int count) {
        for (int i = first; i < first + count; ++i) {
            const std::string events = R"([{"id":"event-)" + std::to_string(i) + R"(","type":"order.paid","at_ms":1}])";
            const auto work = [](adapters::PostgresSession& session, const std::string& body) -> Task<bool> {
                co_await session.run("SELECT add_outbox(1, 'orders', $1)", body);
                co_return true;
            };
            ASSERT_TRUE(run_task(database().write(adapters::PostgresDatabase::Priority::shoppers, work, events)));
        }
    }
    Task<bool> effect(usecases::ShopEvent event) {
        ++effects_[event.id];
        co_return true;
    }
    /// Turns of both until nothing is left to do, or `patience` is over. What was on its way to a server that died
    /// comes again after `ack_within`: it is in the backlog until then.
    void work(milliseconds patience) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < until) {
            const auto relayed = run_task(relay_.run(fence_));
            const auto consumed = run_task(consumer_.run(fence_));
            const bool quiet = !relayed.failed && !consumed.failed && relayed.items == 0 && consumed.items == 0;
            if (quiet && backlog() == 0) return;
            if (relayed.failed || consumed.failed) std::this_thread::sleep_for(milliseconds{20});
        }
    }
    std::int64_t backlog() {
        const auto backlogs = run_task(bus_.backlogs());
        return backlogs && backlogs->size() == 1 ? backlogs->front().waiting : -1;
    }
    void expect_each_once(int count) {
        EXPECT_EQ(effects_.size(), static_cast<std::size_t>(count));
        for (const auto& [id, times] : effects_) EXPECT_EQ(times, 1) << id;
    }
    adapters::PostgresDatabase& database() { return store_.database(); }
    static ports::EventBus::Group group() {
        ports::EventBus::Group group;
        group.name = "mail";
        group.topics = {"orders"};
        group.ack_within = milliseconds{700};
        return group;
    }

    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1}};
    NatsServer server_{"max_payload: 65536"};
    std::unique_ptr<ports::OrderBook> book_ = adapters::make_postgres_order_book(
        database(), adapters::ShopTerms{.currency = *Currency::parse("KRW"), .shipping = {}}, clock_, uuids_);
    adapters::PostgresLeases leases_{database()};
    adapters::PostgresEventMemory memory_{database()};
    NatsEventBus::Options options_ = options_of(server_);
    NatsEventBus bus_{database(), clock_, options_};
    ports::Fence fence_;
    std::map<std::string, int> effects_;
    usecases::Relay relay_{*book_, bus_};
    usecases::Consumer consumer_{
        bus_, memory_, clock_, group(), {}, [this](usecases::ShopEvent event) { return effect(std::move(event)); }};
};

TEST_F(NatsRelay, a_server_killed_again_and_again_delivers_every_event_with_its_effect_once) {
    std::atomic<bool> done{false};
    happens(0, 200);
    // The server lives on a thread of its own: it ends with the thread that starts it.
    std::thread killer([&] {
        for (int i = 0; i < 2; ++i) {
            std::this_thread::sleep_for(milliseconds{120});
            server_.kill();
            std::this_thread::sleep_for(milliseconds{200});
            server_.start();
        }
        done = true;
        // Until the test has read everything.
        while (done) std::this_thread::sleep_for(milliseconds{5});
    });
    work(seconds{20});
    while (!done) std::this_thread::sleep_for(milliseconds{5});
    happens(200, 20);
    work(seconds{20});
    expect_each_once(220);
    done = false;
    killer.join();
}

TEST_F(NatsRelay, while_the_server_is_dead_nothing_is_lost_and_the_outbox_drains_afterwards) {
    happens(0, 5);
    work(seconds{10});
    server_.kill();
    happens(5, 20);
    EXPECT_TRUE(run_task(relay_.run(fence_)).failed);
    EXPECT_EQ(run_task(book_->outbox(0, 100)).value().size(), 20U);
    server_.start();
    work(seconds{20});
    expect_each_once(25);
    EXPECT_TRUE(run_task(book_->outbox(0, 100)).value().empty());
}

TEST_F(NatsRelay, a_server_that_lost_everything_is_sent_everything_again) {
    happens(0, 30);
    work(seconds{10});
    const std::uint64_t made_before = bus_.figures().begun_anew;
    happens(30, 10);
    ASSERT_FALSE(run_task(relay_.run(fence_)).failed);  // acknowledged by the stream, seen by nobody
    server_.kill();
    server_.wipe();
    server_.start();
    work(seconds{20});
    happens(40, 5);
    work(seconds{20});
    expect_each_once(45);
    EXPECT_EQ(bus_.figures().begun_anew, made_before + 1);
}

TEST_F(NatsRelay, a_message_larger_than_the_server_takes_goes_by_the_database) {
    happens(0, 1);
    work(seconds{10});
    std::string events = "[";
    for (int i = 0; i < 2000; ++i)
        events +=
            (i == 0 ? "" : ",") + (R"({"id":"large-)" + std::to_string(i) + R"(","type":"order.paid","at_ms":1})");
    events += "]";
    ASSERT_GT(events.size(), 65536U);
    const auto work_of = [](adapters::PostgresSession& session, const std::string& body) -> Task<bool> {
        co_await session.run("SELECT add_outbox(1, 'orders', $1)", body);
        co_return true;
    };
    ASSERT_TRUE(run_task(database().write(adapters::PostgresDatabase::Priority::shoppers, work_of, events)));
    work(seconds{10});
    EXPECT_EQ(bus_.figures().oversized, 1U);
    EXPECT_EQ(effects_.size(), 2001U);
}

TEST_F(NatsRelay, every_process_hears_what_is_published_of_a_topic_and_again_after_a_restart) {
    NatsEventBus another{database(), clock_, options_};
    boost::asio::io_context io{1};
    auto keep = boost::asio::make_work_guard(io);
    AsioExecutor executor{io};
    std::mutex mutex;
    std::map<std::string, int> heard;
    const auto times = [&](const std::string& body) {
        const std::scoped_lock lock(mutex);
        return heard[body];
    };
    for (NatsEventBus* bus : {&bus_, &another})
        bus->hear("products", executor, [&](const std::string& body) {
            const std::scoped_lock lock(mutex);
            ++heard[body];
        });
    std::thread thread([&io] { io.run(); });
    const auto publish = [&](const std::string& topic, const std::string& body) {
        std::vector<ports::EventBus::Message> one{{.id = "id of " + body, .topic = topic, .body = body}};
        for (int i = 0; i < 200; ++i) {
            if (run_task(bus_.publish(one, fence_))) return true;
            std::this_thread::sleep_for(milliseconds{50});
        }
        return false;
    };
    const auto by_both = [&](const std::string& body) {
        for (int i = 0; i < 200 && times(body) < 2; ++i) std::this_thread::sleep_for(milliseconds{10});
        return times(body) == 2;
    };
    ASSERT_TRUE(publish("products", "[1]"));
    EXPECT_TRUE(by_both("[1]"));
    ASSERT_TRUE(publish("orders", "[2]"));
    server_.kill();
    server_.start();
    for (int i = 0; i < 500 && !(bus_.connected() && another.connected()); ++i)
        std::this_thread::sleep_for(milliseconds{20});
    ASSERT_TRUE(publish("products", "[3]"));
    EXPECT_TRUE(by_both("[3]"));
    EXPECT_EQ(times("[2]"), 0) << "another topic";
    another.stop();
    ASSERT_TRUE(publish("products", "[4]"));
    for (int i = 0; i < 200 && times("[4]") < 1; ++i) std::this_thread::sleep_for(milliseconds{10});
    std::this_thread::sleep_for(milliseconds{100});
    EXPECT_EQ(times("[4]"), 1) << "who was stopped is told nothing";
    bus_.stop();
    io.stop();
    thread.join();
    executor.shut_down();
}

TEST_F(NatsRelay, the_database_tells_when_a_group_has_dealt_with_everything) {
    const auto caught_up = [this] {
        const auto read = [](adapters::PostgresSession& session) -> Task<bool> {
            auto row = co_await session.query(
                "SELECT g.caught_up = h.position FROM bus_groups g, outbox_head h WHERE g.name = 'mail'");
            co_return row.step() && row.integer(0) != 0;
        };
        return run_task(database().read(read)).value();
    };
    happens(0, 3);
    ASSERT_FALSE(run_task(consumer_.run(fence_)).items != 0);
    ASSERT_FALSE(caught_up());
    work(seconds{10});
    EXPECT_TRUE(caught_up());
    happens(3, 1);
    EXPECT_FALSE(caught_up());
    ASSERT_FALSE(run_task(relay_.run(fence_)).failed);
    EXPECT_FALSE(caught_up());
    work(seconds{10});
    EXPECT_TRUE(caught_up());
}

}  // namespace
}  // namespace marketday::contract
