// Every driver over a network that misbehaves, before real servers: each call ends in time as done, did not happen or
// unknown, says so truly, and the driver works again when the network does.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "adapters/distributed/nats_connection.hpp"
#include "adapters/distributed/postgres_ledger.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "adapters/distributed/redis_client.hpp"
#include "adapters/distributed/smtp_mail.hpp"
#include "base/random.hpp"
#include "tests/support/bad_proxy.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/smtp_server.hpp"

namespace marketday::contract {
namespace {

using Fault = BadProxy::Fault;
using Kind = Fault::Kind;
using Way = BadProxy::Way;

enum class Ended : std::uint8_t { done, did_not_happen, unknown };

/// One driver over a proxy, and the server behind it seen directly.
class Driver {
public:
    virtual ~Driver() = default;
    virtual BadProxy& proxy() = 0;
    /// The most that one call may take, and the driver to be well again.
    virtual milliseconds within() const = 0;
    virtual milliseconds well_within() const = 0;
    /// Changes something that has `number`. Fails the test when the driver answers something that is not so.
    virtual Ended change(int number) = 0;
    /// The numbers that have changed, on the server.
    virtual std::set<int> changed() = 0;

    bool garbled = false;  // what comes may not be what was sent
};

class RedisDriver final : public Driver {
public:
    BadProxy& proxy() override { return proxy_; }
    milliseconds within() const override { return milliseconds{200}; }
    milliseconds well_within() const override { return milliseconds{1500}; }
    Ended change(int number) override {
        std::vector<std::string> set{"SET", std::to_string(number), std::string(300, 'x') + std::to_string(number)};
        const auto reply = run_task(redis_.run(std::move(set)));
        if (!reply)
            return reply.error() == adapters::RedisFailure::unavailable ? Ended::did_not_happen : Ended::unknown;
        if (reply->text != "OK") return Ended::unknown;
        // An answer is that of its own command. Bytes within a text nobody can tell from others; who must, adds a hash.
        std::vector<std::string> echo{"ECHO", std::to_string(number)};
        const auto said = run_task(redis_.run(std::move(echo)));
        if (said && !garbled) {
            EXPECT_EQ(said->text, std::to_string(number));
        }
        return Ended::done;
    }
    std::set<int> changed() override {
        std::vector<std::string> keys{"KEYS", "*"};
        std::set<int> numbers;
        const auto reply = run_task(direct_.run(keys));
        for (const auto& key : reply.value().list) numbers.insert(std::stoi(key.text));
        return numbers;
    }

private:
    RedisServer server_;
    BadProxy proxy_{server_.port()};
    adapters::RedisClient redis_{{.servers = {"redis://127.0.0.1:" + std::to_string(proxy_.port())},
                                  .tls_ca = {},
                                  .within = milliseconds{80},
                                  .rest = milliseconds{50}}};
    adapters::RedisClient direct_{{.servers = {server_.url()}, .tls_ca = {}, .within = milliseconds{5000}}};
};

/// Orders: a batch is one transaction, and an order of unknown outcome is asked for again with its key.
class PostgresDriver final : public Driver {
public:
    PostgresDriver() {
        const auto krw = *Currency::parse("KRW");
        EXPECT_TRUE(run_task(direct_->set_offers({{"mug", Money{900, krw}, false, 0, 0}})));
        EXPECT_TRUE(run_task(direct_->change_stock({"mug", domain::Movement::receive, 1000, "delivery"})));
    }
    BadProxy& proxy() override { return proxy_; }
    milliseconds within() const override { return milliseconds{900}; }
    milliseconds well_within() const override { return milliseconds{2000}; }
    Ended change(int number) override {
        if (requests_.size() <= static_cast<std::size_t>(number)) requests_.push_back(request(number));
        const auto verdicts = run_task(book_->place({requests_[static_cast<std::size_t>(number)]}));
        if (!verdicts)
            return verdicts.error() == ports::OrderBook::Error::unavailable ? Ended::did_not_happen : Ended::unknown;
        EXPECT_TRUE(verdicts->front().granted());
        return Ended::done;
    }
    std::set<int> changed() override {
        std::set<int> numbers;
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            const auto order = run_task(direct_->find(requests_[i].order));
            if (order.value()) numbers.insert(static_cast<int>(i));
        }
        // Each at most once.
        EXPECT_EQ(run_task(direct_->stock({"mug"}))->front()->reserved, static_cast<std::int64_t>(numbers.size()));
        return numbers;
    }

private:
    domain::OrderRequest request(int number) {
        domain::OrderRequest made;
        made.customer = CustomerId{uuids_.next(7)};
        made.order = OrderId{uuids_.next(7)};
        made.key = "key-" + std::to_string(number);
        made.currency = *Currency::parse("KRW");
        made.lines = {{"mug", 1, 900, 0}};
        made.address = {"Kim", "1 Road", "", "Seoul", "04524", "KR", ""};
        made.placed_at = clock_.wall_now();
        made.hold_until = made.placed_at + seconds{300};
        return made;
    }
    std::string url_through(int port) const {
        const auto name = store_.url().rfind('/');
        return "postgres://shop@127.0.0.1:" + std::to_string(port) + store_.url().substr(name);
    }

    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch}};
    BadProxy proxy_{PostgresServer::shared().port()};
    adapters::PostgresDatabase database_{{.url = url_through(proxy_.port()),
                                          .connections = 2,
                                          .operator_connections = 1,
                                          .deadline = milliseconds{400},
                                          .at_start = adapters::begin_ledger_epoch}};
    std::unique_ptr<ports::OrderBook> book_ =
        adapters::make_postgres_order_book(database_, {*Currency::parse("KRW"), {}}, clock_, uuids_);
    std::unique_ptr<ports::OrderBook> direct_ =
        adapters::make_postgres_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
    std::vector<domain::OrderRequest> requests_;
};

class NatsDriver final : public Driver {
public:
    NatsDriver() {
        const auto made = direct_.ask_one(
            "$JS.API.STREAM.CREATE.bad", R"({"name":"bad","subjects":["bad.*"],"storage":"file"})", milliseconds{5000});
        EXPECT_NE(made.body.find("\"config\""), std::string::npos) << made.body;
        for (int i = 0; i < 200 && !nats_.connected(); ++i) std::this_thread::sleep_for(milliseconds{10});
    }
    BadProxy& proxy() override { return proxy_; }
    milliseconds within() const override { return milliseconds{600}; }
    milliseconds well_within() const override { return milliseconds{9000}; }  // its pings find a silent server
    Ended change(int number) override {
        using Reply = adapters::NatsConnection::Reply;
        std::vector<adapters::NatsConnection::Request> one{
            {"bad." + std::to_string(number), std::string(300, 'x'), "id-" + std::to_string(number)}};
        const auto reply = nats_.ask(std::move(one), milliseconds{200}).front();
        if (reply.kind == Reply::Kind::unsent) return Ended::did_not_happen;
        if (reply.kind != Reply::Kind::answered) return Ended::unknown;
        const bool taken = reply.body.find("\"stream\":\"bad\"") != std::string::npos;
        // Within a text nobody can tell bytes from others; who reads it can tell that it is no answer.
        if (!taken && garbled) return Ended::unknown;
        EXPECT_TRUE(taken) << reply.body;
        return Ended::done;
    }
    std::set<int> changed() override {
        const auto told =
            direct_.ask_one("$JS.API.STREAM.INFO.bad", R"({"subjects_filter":"bad.*"})", milliseconds{5000});
        std::set<int> numbers;
        for (auto at = told.body.find("\"bad."); at != std::string::npos; at = told.body.find("\"bad.", at + 1))
            if (std::isdigit(static_cast<unsigned char>(told.body[at + 5])) != 0)
                numbers.insert(std::stoi(told.body.substr(at + 5)));
        return numbers;
    }

private:
    NatsServer server_;
    BadProxy proxy_{server_.port()};
    adapters::NatsConnection direct_{{.servers = {server_.url()}, .tls_ca = {}, .credentials = {}}};
    adapters::NatsConnection nats_{
        {.servers = {"nats://127.0.0.1:" + std::to_string(proxy_.port())}, .tls_ca = {}, .credentials = {}}};
};

class SmtpDriver final : public Driver {
public:
    BadProxy& proxy() override { return proxy_; }
    milliseconds within() const override { return milliseconds{900}; }
    milliseconds well_within() const override { return milliseconds{1500}; }
    Ended change(int number) override {
        ports::Mail::Letter letter{.id = ids_.next(1),
                                   .to = "kim@example.org",
                                   .subject = "Letter " + std::to_string(number) + ".",
                                   .text = std::string(300, 'x') + "\n",
                                   .written_at = clock_.wall_now()};
        const auto sent = run_task(mail_.send(std::move(letter)));
        if (sent) return Ended::done;
        return sent.error() == ports::Mail::Error::outcome_unknown ? Ended::unknown : Ended::did_not_happen;
    }
    std::set<int> changed() override {
        std::set<int> numbers;
        for (const auto& letter : server_.files(".eml"))
            numbers.insert(std::stoi(letter.substr(letter.find("Subject: Letter ") + 16)));
        return numbers;
    }

private:
    static adapters::SmtpMail::Options through(int port) {
        adapters::SmtpMail::Options options;
        options.server = "smtp://127.0.0.1:" + std::to_string(port);
        options.tls = adapters::SmtpMail::Tls::none;
        options.within = milliseconds{500};
        return options;
    }

    SystemClock clock_;
    SeededRandom random_{7};
    UuidSource ids_{clock_, random_};
    SmtpServer server_;
    BadProxy proxy_{server_.port()};
    ThreadPool pool_{{.name = "mail", .threads = 1, .waiting_max = 16}};
    adapters::SmtpMail mail_{pool_, through(proxy_.port())};
};

struct OfDriver {
    std::string name;
    std::function<std::unique_ptr<Driver>()> make;
};
void PrintTo(const OfDriver& driver, std::ostream* out) { *out << driver.name; }

class BadNetwork : public testing::TestWithParam<OfDriver> {
protected:
    struct Tried {
        int number = 0;
        Ended ended{};
    };

    void SetUp() override { driver_ = GetParam().make(); }
    void TearDown() override { driver_.reset(); }

    Ended try_one() {
        const auto begun = std::chrono::steady_clock::now();
        const int number = next_++;
        const Ended ended = driver_->change(number);
        const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
        // A second more, since every core may be busy with something else.
        EXPECT_LT(took, driver_->within() + milliseconds{1000}) << "call " << number;
        tried_.push_back({number, ended});
        return ended;
    }
    void is_well_again() {
        driver_->proxy().set({});
        const auto until = std::chrono::steady_clock::now() + driver_->well_within();
        while (try_one() != Ended::done) {
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "it does not find back";
            std::this_thread::sleep_for(milliseconds{20});
        }
    }
    void said_the_truth() {
        const auto changed = driver_->changed();
        for (const auto& [number, ended] : tried_) {
            if (ended == Ended::unknown) continue;
            EXPECT_EQ(changed.contains(number), ended == Ended::done)
                << "call " << number << " said that it was " << (ended == Ended::done ? "done" : "not");
        }
    }
    void goes_through(Fault fault, int calls = 2) {
        SCOPED_TRACE(testing::Message() << "fault " << static_cast<int>(fault.kind) << ", way "
                                        << static_cast<int>(fault.way) << ", after " << fault.after_bytes << " bytes");
        is_well_again();
        driver_->garbled = fault.kind == Kind::garbage;
        driver_->proxy().set(fault);
        for (int i = 0; i < calls; ++i) try_one();
        EXPECT_GT(driver_->proxy().felt(), 0U) << "nobody met the fault";
        is_well_again();
        driver_->garbled = false;
        said_the_truth();
    }

    /// After so many bytes of a call: before the first, within its head, within its body, and before the last.
    std::set<std::size_t> places(Way way) {
        std::size_t bytes = 0;
        for (int i = 0; i < 20 && bytes == 0; ++i) {
            is_well_again();
            driver_->proxy().set({});
            // A busy machine may need longer than the driver waits.
            if (try_one() == Ended::done) bytes = driver_->proxy().passed(way);
        }
        EXPECT_GT(bytes, 3U);
        return {0, 3, bytes / 3, bytes * 2 / 3, bytes - 1};
    }

    std::unique_ptr<Driver> driver_;
    int next_ = 0;
    std::vector<Tried> tried_;
};

TEST_P(BadNetwork, a_connection_that_is_cut_is_told_truly) {
    for (const Way way : {Way::to_server, Way::to_client})
        for (const std::size_t after : places(way)) goes_through({Kind::cut, way, after, {}});
    goes_through({Kind::refuse, Way::to_client, 0, {}});
}

TEST_P(BadNetwork, an_answer_that_ends_half_way_is_no_answer) {
    for (const Way way : {Way::to_server, Way::to_client})
        for (const std::size_t after : places(way)) goes_through({Kind::truncate, way, after, {}});
}

TEST_P(BadNetwork, a_network_that_went_silent_holds_nobody_up) {
    goes_through({Kind::silence, Way::to_server, 40, {}});
    goes_through({Kind::silence, Way::to_client, 3, {}});
}

TEST_P(BadNetwork, bytes_that_nobody_sent_are_not_believed) {
    for (const std::size_t after : places(Way::to_client)) goes_through({Kind::garbage, Way::to_client, after, {}});
}

TEST_P(BadNetwork, what_is_slow_is_waited_for_and_what_is_too_slow_is_not) {
    goes_through({Kind::delay, Way::to_client, 0, milliseconds{10}});
    goes_through({Kind::delay, Way::to_client, 0, milliseconds{5000}});
    goes_through({Kind::delay, Way::to_server, 0, milliseconds{5000}});
}

template <class T>
OfDriver of(std::string name) {
    return {std::move(name), [] { return std::make_unique<T>(); }};
}
INSTANTIATE_TEST_SUITE_P(All, BadNetwork,
                         testing::Values(of<PostgresDriver>("postgres"), of<RedisDriver>("redis"),
                                         of<NatsDriver>("nats"), of<SmtpDriver>("smtp")),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace marketday::contract
