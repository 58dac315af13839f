#include <gtest/gtest.h>

#include <memory>

#include "base/log.hpp"
#include "tests/simulation/payments_world.hpp"
#include "usecases/fulfil.hpp"
#include "usecases/jobs_payments.hpp"
#include "usecases/pay.hpp"

namespace marketday::simulation {
namespace {

using domain::Order;
using domain::OrderState;
using ports::PaymentGateway;
using usecases::Fulfil;
using usecases::Pay;

constexpr seconds kHold{40};
constexpr seconds kFaultsFor{90};
constexpr seconds kShoppersFor{150};
constexpr seconds kSettledWithin{240};

class SimLeases final : public ports::Leases {
public:
    explicit SimLeases(Faults& faults) : faults_(faults) {}
    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string, WallTime, milliseconds) override {
        return faults_.call<std::optional<ports::Fence>, Error>(
            [this, lease]() -> std::optional<ports::Fence> { return ports::Fence{lease, ++tokens_[lease]}; });
    }
    Answer<bool> renew(ports::Fence fence, WallTime, milliseconds) override {
        return faults_.call<bool, Error>([this, fence] { return tokens_[fence.lease] == fence.token; });
    }
    Answer<std::monostate> release(ports::Fence) override { co_return std::monostate{}; }

private:
    Faults& faults_;
    std::map<std::string, std::int64_t> tokens_;
};

/// What the outside world keeps and the shop's store holds; survives the shop's death.
struct World {
    World(std::uint64_t seed, bool bank_lies)
        : executor(seed),
          faults(executor, seed * 31 + 7, executor.now() + kFaultsFor, 10 + seed % 30),
          book(faults, static_cast<std::int64_t>(3 + seed % 6)),
          journal(faults),
          bank(faults, bank_lies),
          leases(faults),
          random(seed * 17 + 3),
          begun(executor.now()) {}
    SimExecutor executor;
    Faults faults;
    SimOrderBook book;
    SimJournal journal;
    SimBank bank;
    SimLeases leases;
    SeededRandom random;
    Instant begun;
    bool shoppers_go_on() const { return executor.now() < begun + kShoppersFor; }
};

/// The shop's process: everything that a kill -9 takes away.
struct Shop {
    explicit Shop(World& world) : world_(world) {
        scheduler.add({"expire", milliseconds{300}, [this](ports::Fence f) { return expire.run(std::move(f)); }});
        scheduler.add({"ask", milliseconds{700}, [this](ports::Fence f) { return reconcile.ask(std::move(f)); }});
        scheduler.add({"listen", milliseconds{400}, [this](ports::Fence f) { return reconcile.listen(std::move(f)); }});
        scheduler.add({"refunds", milliseconds{900}, [this](ports::Fence f) { return refunds.run(std::move(f)); }});
        scheduler.start(world_.executor);
    }
    World& world_;
    usecases::StepLane steps{world_.executor, world_.book};
    usecases::Refunds refunds{world_.book,     steps,
                              world_.journal,  world_.bank,
                              world_.executor, {.gateway_wait = milliseconds{2000}, .pause_max = milliseconds{20'000}}};
    usecases::Settlement settlement{steps, world_.journal, refunds, world_.executor, {.hold_again = seconds{10}}};
    Pay pay{world_.executor, world_.book, steps, world_.journal, world_.bank, settlement, world_.executor, {}};
    Fulfil fulfil{world_.book, steps, world_.journal, refunds, world_.executor};
    usecases::Reconcile reconcile{
        world_.book,
        world_.bank,
        settlement,
        world_.executor,
        {.after = milliseconds{5000}, .gateway_wait = milliseconds{2000}, .pause_max = milliseconds{20'000}}};
    usecases::ExpireHolds expire{world_.book, world_.executor};
    usecases::Scheduler scheduler{world_.executor, world_.random, world_.leases, {.holder = "shop"}};
};

/// A person with a browser, who outlives the shop's process.
struct Shopper {
    CustomerId id;
    std::optional<OrderId> order;
    int attempt = 0;  // of placing
    int key = 0;      // of paying
    std::string token;
    bool done = false;
    bool walks_away = false;  // reserves and never pays
    bool gives_back = false;  // asks for the money afterwards
    std::set<OrderId> told_paid;
    std::set<PaymentId> told_declined;
};

OrderId order_id(const Shopper& shopper) {
    OrderId order{shopper.id.uuid};
    order.uuid.bytes[0] = 0xaa;
    order.uuid.bytes[1] = static_cast<std::uint8_t>(shopper.attempt);
    return order;
}

Task<void> place(World* world, Shopper* shopper) {
    domain::OrderRequest request;
    request.order = order_id(*shopper);
    request.customer = shopper->id;
    request.key = "order-" + std::to_string(shopper->attempt);
    request.lines = {{SimOrderBook::kSku, 1, 1000, 0}};
    request.placed_at = world->executor.wall_now();
    request.hold_until = request.placed_at + kHold;
    const OrderId order = request.order;
    std::vector<domain::OrderRequest> requests;
    requests.push_back(std::move(request));
    const auto verdicts = co_await world->book.place(std::move(requests));
    if (!verdicts) co_return;  // the same key again
    if (verdicts->front().granted()) {
        shopper->order = order;
        co_return;
    }
    ++shopper->attempt;
    const auto reason = std::get<domain::Refused>(verdicts->front().outcome).reason;
    if (reason == domain::Refusal::sold_out) shopper->done = true;
}

Pay::Command command_of(World* world, Shopper* shopper, int key) {
    return {.customer = shopper->id,
            .order = *shopper->order,
            .key = "pay-" + std::to_string(key),
            .token = shopper->token,
            .deadline = world->executor.now() + seconds{10}};
}

/// The other tab: its answer goes unread, but must not take money twice.
Task<void> second_click(Shop* shop, Pay::Command command) { (void)co_await shop->pay.pay(std::move(command)); }

Task<void> look_again(World* world, Shopper* shopper) {
    const auto found = co_await world->book.find(*shopper->order);
    if (!found || !*found) co_return;
    const auto state = (**found).state;
    if (state == OrderState::expired || state == OrderState::cancelled) {
        shopper->order.reset();
        ++shopper->attempt;
    } else if (state == OrderState::reserved) {
        ++shopper->key;
    } else if (state != OrderState::paying) {
        shopper->done = true;
    }
}

Task<void> pay_once(World* world, Shop* shop, Shopper* shopper) {
    if (shopper->token.empty()) {
        const auto draw = world->random.below(10);
        shopper->token = draw < 2 ? "tok_decline" : draw < 4 ? "tok_twice" : "tok_ok";
    }
    if (world->random.below(3) == 0)
        spawn(world->executor, "second click",
              second_click(shop, command_of(world, shopper, shopper->key + static_cast<int>(world->random.below(2)))));
    auto command = command_of(world, shopper, shopper->key);
    const PaymentId payment = Pay::payment_id(command.customer, command.order, command.key);
    const OrderId order = command.order;
    const auto outcome = co_await shop->pay.pay(std::move(command));
    if (outcome) {
        if (!std::holds_alternative<Pay::Paid>(*outcome)) co_return;
        EXPECT_TRUE(shopper->told_paid.insert(order).second);
        shopper->done = true;
        co_return;
    }
    switch (outcome.error()) {
        case Pay::Refusal::declined:
            shopper->told_declined.insert(payment);
            ++shopper->key;
            shopper->token.clear();
            co_return;
        case Pay::Refusal::key_reused:
            // The second click of an earlier round had this key with the earlier card.
            ++shopper->key;
            co_return;
        case Pay::Refusal::money_goes_back: shopper->done = true; co_return;
        case Pay::Refusal::wrong_state: co_await look_again(world, shopper); co_return;
        case Pay::Refusal::not_found: ADD_FAILURE() << "an order that was granted is not found"; co_return;
        case Pay::Refusal::in_flight:
        case Pay::Refusal::busy:
        case Pay::Refusal::unavailable:
        case Pay::Refusal::outcome_unknown: co_return;  // the same key again
    }
}

Task<void> buy(World* world, Shop* shop, Shopper* shopper) {
    while (!shopper->done && world->shoppers_go_on()) {
        co_await sleep_for(milliseconds{world->random.below(4000) + 10});
        if (!shopper->order)
            co_await place(world, shopper);
        else if (shopper->walks_away)
            shopper->done = true;
        else
            co_await pay_once(world, shop, shopper);
    }
    if (!shopper->gives_back || shopper->told_paid.empty()) co_return;
    co_await sleep_for(seconds{3});
    (void)co_await shop->fulfil.refund(*shopper->told_paid.begin(), world->random.below(2) == 0);
}

bool is_served(OrderState state) {
    return state == OrderState::paid || state == OrderState::prepared || state == OrderState::shipped;
}

void check_money(const World& world) {
    std::map<OrderId, int> kept;  // captures that were not given back
    for (const auto& [payment, account] : world.bank.accounts()) {
        EXPECT_LE(account.captures, 1) << "one payment was captured twice";
        EXPECT_LE(account.refunds, account.captures) << "more was given back than taken";
        if (account.captures > account.refunds) {
            ++kept[account.order];
            const auto order = world.book.orders().find(account.order);
            ASSERT_NE(order, world.book.orders().end());
            EXPECT_TRUE(is_served(order->second.state)) << "money without an order: " << to_string(order->second.state);
            EXPECT_EQ(order->second.payment, payment);
        }
    }
    for (const auto& [id, order] : world.book.orders()) {
        const bool waits = order.state == OrderState::paying || order.state == OrderState::reserved;
        EXPECT_FALSE(waits) << "not settled: " << to_string(order.state);
        EXPECT_EQ(kept[id], is_served(order.state) ? 1 : 0) << to_string(order.state);
    }
    for (const auto& [payment, intent] : world.journal.refunds()) EXPECT_TRUE(intent.done_at.has_value());
    EXPECT_TRUE(world.bank.told_everything());
}

void check_units(const World& world) {
    const auto& level = world.book.level();
    EXPECT_TRUE(level.is_consistent());
    EXPECT_EQ(level.reserved, 0);
    std::int64_t sold = 0;
    for (const auto& [id, order] : world.book.orders())
        sold += is_served(order.state) || order.state == OrderState::refunded;
    EXPECT_EQ(level.sold, sold - world.book.restocked());
}

void check_words(const World& world, const std::vector<std::unique_ptr<Shopper>>& shoppers, bool bank_lies) {
    for (const auto& shopper : shoppers) {
        for (const OrderId& order : shopper->told_paid) {
            const auto state = world.book.orders().at(order).state;
            EXPECT_TRUE(is_served(state) || state == OrderState::refunded) << to_string(state);
        }
        for (const PaymentId& payment : shopper->told_declined) {
            const auto account = world.bank.accounts().find(payment);
            if (account == world.bank.accounts().end() || bank_lies) continue;
            EXPECT_EQ(account->second.captures, 0) << "told declined, but the money was taken";
        }
    }
}

struct Tally {
    std::size_t paid = 0;
    std::size_t sent_back = 0;
    std::size_t refunded = 0;
    std::size_t expired = 0;
};

void run_seed(std::uint64_t seed, bool bank_lies, Tally& tally) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    log::set_level(log::Level::error);
    World world(seed, bank_lies);
    std::vector<std::unique_ptr<Shopper>> shoppers;
    const std::uint64_t count = 6 + world.random.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
        auto shopper = std::make_unique<Shopper>();
        shopper->id.uuid.bytes[15] = static_cast<std::uint8_t>(i + 1);
        shopper->walks_away = world.random.below(8) == 0;
        shopper->gives_back = world.random.below(5) == 0;
        shoppers.push_back(std::move(shopper));
    }
    auto shop = std::make_unique<Shop>(world);
    for (auto& shopper : shoppers) spawn(world.executor, "buy", buy(&world, shop.get(), shopper.get()));
    // Every second run the shop is killed once or twice while things go wrong.
    for (std::uint64_t kills = seed % 2 == 0 ? 1 + seed % 3 : 0; kills > 0; --kills) {
        world.executor.run_for(seconds{3 + world.random.below(25)});
        world.executor.stop();
        shop = std::make_unique<Shop>(world);
        for (auto& shopper : shoppers) spawn(world.executor, "buy", buy(&world, shop.get(), shopper.get()));
    }
    world.executor.run_until(world.begun + kShoppersFor + kSettledWithin);

    check_money(world);
    check_units(world);
    check_words(world, shoppers, bank_lies);
    for (const auto& [id, order] : world.book.orders()) {
        tally.paid += is_served(order.state);
        tally.refunded += order.state == OrderState::refunded;
        tally.expired += order.state == OrderState::expired;
    }
    for (const auto& [payment, intent] : world.journal.refunds())
        tally.sent_back += intent.reason == ports::PaymentJournal::RefundReason::stray_capture;
    world.executor.stop();
}

TEST(PaymentsSimulation, every_capture_ends_in_one_order_or_a_refund_whatever_fails) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) run_seed(seed, false, tally);
    // The runs did exercise what they are for.
    EXPECT_GT(tally.paid, 500U);
    EXPECT_GT(tally.refunded, 50U);
    EXPECT_GT(tally.expired, 100U);
}

TEST(PaymentsSimulation, even_a_bank_that_captures_what_it_voided_leaves_no_money_without_an_order) {
    Tally tally;
    for (std::uint64_t seed = 1001; seed <= 1200 && !HasFailure(); ++seed) run_seed(seed, true, tally);
    EXPECT_GT(tally.sent_back, 5U);
}

}  // namespace
}  // namespace marketday::simulation
