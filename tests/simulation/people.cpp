#include "tests/simulation/people.hpp"

#include "base/text.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/market.hpp"

namespace marketday::simulation {

using usecases::Checkout;
using usecases::Pay;
using usecases::StandInLine;
using Standing = Result<StandInLine::Standing, StandInLine::Error>;
using Ordered = Result<domain::Verdict, Checkout::Error>;
using Paid = Result<Pay::Outcome, Pay::Refusal>;

namespace {

Currency krw() { return *Currency::parse("KRW"); }

std::string_view reason_of(domain::Refusal refusal) {
    switch (refusal) {
        case domain::Refusal::sold_out: return "sold-out";
        case domain::Refusal::all_held: return "all-held";
        case domain::Refusal::not_here: return "not-here";
        case domain::Refusal::limit_reached: return "limit-reached";
        case domain::Refusal::price_changed: return "price-changed";
        case domain::Refusal::unknown_sku: return "unknown-sku";
        case domain::Refusal::not_for_sale: return "not-for-sale";
        case domain::Refusal::sale_not_open: return "sale-not-open";
        case domain::Refusal::wrong_currency: return "wrong-currency";
        case domain::Refusal::key_reused: return "key-reused";
    }
    return "?";
}

std::string_view reason_of(Checkout::Error error) {
    switch (error) {
        case Checkout::Error::unverified: return "unverified";
        case Checkout::Error::not_admitted: return "not-admitted";
        case Checkout::Error::in_flight: return "in-flight";
        case Checkout::Error::busy: return "busy";
        case Checkout::Error::unavailable: return "unavailable";
        case Checkout::Error::outcome_unknown: return "outcome-unknown";
    }
    return "?";
}

std::string receipt_json(const domain::Receipt& receipt) {
    return fmt::format(R"("receipt":{{"sequence":{},"hash":"{}"}})", receipt.sequence, to_hex(receipt.hash));
}

Task<Standing> join_line(ShopProcess* shop, SaleId sale, CustomerId customer, Instant deadline) {
    auto& line = shop->selling->line;
    if (auto answer = line.join_now(sale, customer)) co_return std::move(*answer);
    auto answer = co_await line.join(sale, customer, {}, deadline);
    co_return std::move(answer);
}

Task<Standing> poll_line(ShopProcess* shop, SaleId sale, std::string ticket, Instant deadline) {
    auto& line = shop->selling->line;
    if (auto answer = line.poll_now(sale, ticket)) co_return std::move(*answer);
    auto answer = co_await line.poll(sale, std::move(ticket), deadline);
    co_return std::move(answer);
}

/// What the line tells, looked at as it leaves the shop.
Task<Standing> watched(Checks* checks, CustomerId customer, Task<Standing> task) {
    auto answer = co_await task;
    if (answer) checks->saw_standing(customer, *answer);
    co_return std::move(answer);
}

/// Reads the price through the near cache, as the product's page does.
Task<std::string> price_through_cache(ShopProcess* shop, ports::OrderBook* orders, Instant deadline) {
    http::NearCache::Load load = [orders]() -> Task<http::NearCache::Loaded> {
        struct Loading {
            static Task<http::NearCache::Loaded> run(ports::OrderBook* book) {
                std::vector<domain::SkuCode> skus(1, kPlainSku);
                const auto offers = co_await book->offers(std::move(skus));
                http::NearCache::Loaded loaded;
                loaded.response = http::json(offers && offers->front() ? 200 : 503, "{}");
                if (offers && offers->front()) {
                    const auto& offer = *offers->front();
                    loaded.remark = fmt::format("{} {}", offer.version, offer.price->amount_minor);
                }
                loaded.response.headers.emplace_back("Surrogate-Key", kPriceKey);
                loaded.response.headers.emplace_back("Cache-Control", "public, max-age=60");
                co_return loaded;
            }
        };
        return Loading::run(orders);
    };
    auto answer = co_await shop->prices->get("plain", deadline, std::move(load));
    co_return std::move(answer.remark);
}

/// An operator's new price: durable, then told to the cache, then acknowledged. The version, or nothing.
Task<std::optional<std::int64_t>> set_price(ShopProcess* shop, ports::OrderBook* orders, std::int64_t price_minor,
                                            bool forgets_to_tell) {
    ports::OrderBook::Offer offer;
    offer.sku = kPlainSku;
    offer.price = Money{price_minor, krw()};
    std::vector<ports::OrderBook::Offer> offers(1, offer);
    const auto set = co_await orders->set_offers(std::move(offers));
    if (!set) co_return std::nullopt;
    const std::int64_t version = set->front().version;
    shop->prices->invalidate(kPriceKey, forgets_to_tell ? 0 : static_cast<std::uint64_t>(version));
    co_return version;
}

}  // namespace

People::People(Market& market) : market_(market) {
    const Plan& plan = market.plan_;
    UuidSource ids(market.world_, market.random_);
    for (std::size_t i = 0; i < plan.shoppers; ++i) {
        auto shopper = std::make_unique<Shopper>();
        shopper->number = i;
        shopper->customer = CustomerId{ids.next(static_cast<Bucket>(market.below(kBucketCount)))};
        market.chronicle_.name(shopper->customer.uuid, fmt::format("shopper {}", i));
        const auto last = std::chrono::duration_cast<milliseconds>(plan.faults_end).count();
        // Most come for the opening.
        shopper->arrives = market.world_.now() + market.up_to(market.below(4) == 0 ? last : 12'000);
        shopper->in_sale = market.below(6) != 0;
        shopper->quantity = 1 + static_cast<std::int64_t>(market.below(static_cast<std::uint64_t>(plan.limit)));
        shopper->walks_away = market.happens(plan.walks_away_percent);
        shopper->leaves_line = market.happens(plan.leaves_line_percent);
        shopper->pays_late = market.happens(plan.pays_late_percent);
        shopper->cancels = market.happens(plan.cancels_percent);
        shopper->gives_back = market.happens(plan.gives_back_percent);
        if (!shopper->in_sale || !plan.line) shopper->stage = Stage::ordering;
        shopper->price_minor = kSalePriceMinor;
        shoppers_.push_back(std::move(shopper));
    }
    auto& store = market.store_->database.connection();
    store.script("BEGIN");
    for (const auto& shopper : shoppers_)
        store.run(
            "INSERT INTO customers (id, email, password_hash, password_version, locale, verified_at, created_at)"
            " VALUES (?1, ?2, '$argon2id$none', 1, ?3, ?4, ?4)",
            shopper->customer, fmt::format("shopper-{}@example.com", shopper->number),
            static_cast<std::int64_t>(1 + shopper->number % 3), to_unix_ms(market.world_.wall_now()));
    for (const auto& shopper : shoppers_)
        store.run("INSERT INTO email_claims (address, customer, state, claimed_at) VALUES (?1, ?2, 2, ?3)",
                  fmt::format("shopper-{}@example.com", shopper->number), shopper->customer,
                  to_unix_ms(market.world_.wall_now()));
    store.script("COMMIT");
}

void People::begin() {
    for (std::size_t i = 0; i < shoppers_.size(); ++i) spawn(market_.world_, "shopper", live(this, i));
    const Plan& plan = market_.plan_;
    for (std::size_t i = 0; i < plan.price_changes; ++i) {
        const auto price = static_cast<std::int64_t>(1000 + 10 * (i + 1));
        const auto when =
            market_.world_.now() + market_.up_to(std::chrono::duration_cast<milliseconds>(plan.faults_end).count());
        market_.world_.at(when, [this, price] { spawn(market_.world_, "operator", change_price(this, price)); });
    }
}

bool People::all_are_done() const {
    return std::ranges::all_of(shoppers_, [](const auto& shopper) { return shopper->stage == Stage::finished; });
}

std::string People::unfinished() const {
    std::array<std::size_t, 4> counts{};
    for (const auto& shopper : shoppers_) ++counts[static_cast<std::size_t>(shopper->stage)];
    return fmt::format("{} shoppers in line, {} ordering, {} paying", counts[0], counts[1], counts[2]);
}

template <class T>
Task<std::optional<T>> People::ask(Work<T> work) {
    auto slot = std::make_shared<Slot<T>>();
    const Plan& plan = market_.plan_;
    const bool calm = market_.calm();
    const bool lost = !calm && market_.happens(plan.request_lost_percent);
    const bool twice = !calm && market_.happens(plan.request_twice_percent);
    if (!lost) deliver(work, slot);
    if (twice) deliver(work, slot);
    const Instant gives_up = market_.world_.now() + seconds{2} + market_.up_to(12'000);
    (void)co_await slot->done.wait(gives_up);
    co_return std::move(slot->value);
}

template <class T>
void People::deliver(Work<T> work, std::shared_ptr<Slot<T>> slot) {
    market_.world_.at(market_.world_.now() + market_.up_to(40), [this, work = std::move(work), slot]() mutable {
        if (market_.shop_.selling == nullptr) return slot->done.set();  // Connection refused.
        spawn(market_.shop_.executor, "request", serve<T>(this, std::move(work), std::move(slot)));
    });
}

template <class T>
Task<void> People::serve(People* people, Work<T> work, std::shared_ptr<Slot<T>> slot) {
    Market& market = people->market_;
    auto task = work(market.shop_);
    T value = co_await task;
    if (!market.calm() && market.happens(market.plan_.answer_lost_percent)) co_return;
    market.world_.at(market.world_.now() + market.up_to(40), [slot, value = std::move(value)]() mutable {
        if (!slot->value) slot->value.emplace(std::move(value));
        slot->done.set();
    });
}

Task<void> People::live(People* people, std::size_t who) {
    Shopper& shopper = *people->shoppers_[who];
    Market& market = people->market_;
    co_await sleep_until(shopper.arrives);
    while (shopper.stage != Stage::finished) {
        switch (shopper.stage) {
            case Stage::queueing: co_await people->queue(shopper); break;
            case Stage::ordering: co_await people->order(shopper); break;
            case Stage::paying: co_await people->pay(shopper); break;
            case Stage::finished: break;
        }
    }
    if (shopper.gives_back && shopper.told_paid) co_await people->give_back(shopper);
    market.chronicle_.note("shopper", "{} goes home", shopper.number);
}

void People::write_history(std::string_view op, const Shopper& shopper, std::string rest) {
    const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(market_.world_.now() - market_.begun_);
    history_ += fmt::format(R"({{"op":"{}","customer":"{}","start_us":{},"end_us":{},{}}})", op,
                            shopper.customer.to_string(), now_us.count(), now_us.count(), rest);
    history_ += '\n';
}

// The line.

Task<void> People::queue(Shopper& shopper) {
    if (shopper.leaves_line && !shopper.ticket.empty() && market_.below(4) == 0) {
        co_await leave_line(shopper);
        co_return;
    }
    const SaleId sale = market_.sale_;
    const CustomerId customer = shopper.customer;
    const std::string ticket = shopper.ticket;
    Checks* const checks = market_.checks_.get();
    const Instant deadline = market_.world_.now() + seconds{5};
    Work<Standing> work = [sale, customer, ticket, deadline, checks](ShopProcess& shop) {
        auto asked =
            ticket.empty() ? join_line(&shop, sale, customer, deadline) : poll_line(&shop, sale, ticket, deadline);
        return watched(checks, customer, std::move(asked));
    };
    const auto answer = co_await ask<Standing>(std::move(work));
    if (!answer) {
        co_await sleep_for(milliseconds{200} + market_.up_to(1'000));
        co_return;
    }
    saw(shopper, *answer);
    if (shopper.stage != Stage::queueing) co_return;
    const auto pause = *answer ? (**answer).poll_after : milliseconds{200} + market_.up_to(1'000);
    co_await sleep_for(std::min<milliseconds>(pause, milliseconds{5'000}));
}

void People::saw(Shopper& shopper, const Standing& answer) {
    shopper.told_waiting = false;
    if (!answer) {
        market_.chronicle_.note("line", "shopper {} gets no standing: {}", shopper.number,
                                static_cast<int>(answer.error()));
        if (answer.error() != StandInLine::Error::unavailable)
            market_.violated(fmt::format("shopper {} is honest and was turned away from the line ({})", shopper.number,
                                         static_cast<int>(answer.error())));
        return;
    }
    const auto& standing = *answer;
    market_.chronicle_.note("line", "shopper {}: {}, place {}", shopper.number, usecases::to_string(standing.state),
                            standing.place.value_or(0));
    if (standing.place)
        write_history("poll", shopper,
                      fmt::format(R"("sale":"{}","outcome":"ok","status":200,"place":{})", market_.sale_.to_string(),
                                  *standing.place));
    shopper.ticket = standing.ticket;
    switch (standing.state) {
        case StandInLine::State::before_opening:
            if (!shopper.leaves_line) listed_tickets_.insert(standing.ticket);
            [[fallthrough]];
        case StandInLine::State::waiting:
        case StandInLine::State::all_held:
            shopper.told_waiting = true;
            if (shopper.walks_away && market_.below(8) == 0) shopper.stage = Stage::finished;
            break;
        case StandInLine::State::admitted:
            shopper.admission = standing.admission;
            shopper.stage = Stage::ordering;
            break;
        case StandInLine::State::expired: shopper.ticket.clear(); break;
        case StandInLine::State::sold_out:
        case StandInLine::State::closed: shopper.stage = Stage::finished; break;
    }
}

Task<void> People::leave_line(Shopper& shopper) {
    using Left = Result<std::monostate, StandInLine::Error>;
    const SaleId sale = market_.sale_;
    const CustomerId customer = shopper.customer;
    const std::string ticket = shopper.ticket;
    const Instant deadline = market_.world_.now() + seconds{5};
    Work<Left> work = [sale, customer, ticket, deadline](ShopProcess& shop) {
        return shop.selling->line.leave(sale, customer, ticket, deadline);
    };
    const auto left = co_await ask<Left>(std::move(work));
    market_.chronicle_.note("line", "shopper {} leaves: {}", shopper.number, left && *left ? 1 : 0);
    co_await sleep_for(milliseconds{100} + market_.up_to(2'000));
    if (!left || !*left) co_return;
    shopper.ticket.clear();
    shopper.told_waiting = false;
    shopper.leaves_line = market_.below(2) == 0;
    if (market_.below(2) == 0) shopper.stage = Stage::finished;
}

// Ordering.

Checkout::Command People::command_of(const Shopper& shopper) const {
    Checkout::Command command;
    command.customer = shopper.customer;
    command.verified = true;
    command.key = fmt::format("k{}-{}", shopper.number, shopper.attempt);
    command.currency = krw();
    if (shopper.in_sale) {
        command.sale = market_.sale_;
        command.admission = shopper.admission;
        command.lines = {{kSaleSku, shopper.quantity, kSalePriceMinor, 0}};
    } else {
        command.lines = {{kPlainSku, shopper.quantity, shopper.price_minor, shopper.price_version}};
    }
    command.address = {"a", "b", "", "c", "d", "KR", ""};
    command.deadline = market_.world_.now() + seconds{10};
    return command;
}

Task<void> People::order(Shopper& shopper) {
    if (!shopper.in_sale && shopper.price_version == 0) {
        co_await read_price(shopper);
        if (shopper.price_version == 0) co_return;
    }
    co_await sleep_for(market_.up_to(1'500));
    auto command = command_of(shopper);
    if (market_.happens(market_.plan_.double_click_percent))
        spawn(market_.world_, "second tab", order_again(this, shopper.number, command));
    co_await order_once(shopper, std::move(command));
}

Task<void> People::order_again(People* people, std::size_t who, Checkout::Command command) {
    co_await sleep_for(people->market_.up_to(300));
    co_await people->order_once(*people->shoppers_[who], std::move(command));
}

Task<void> People::order_once(Shopper& shopper, Checkout::Command command) {
    Checks* const checks = market_.checks_.get();
    Work<Ordered> work = [command, checks](ShopProcess& shop) {
        if (command.sale) checks->saw_order_begin(command.customer);
        return shop.selling->checkout.place(command);
    };
    const auto answer = co_await ask<Ordered>(std::move(work));
    // Another tab has been told already, and its shopper has gone on.
    const bool still =
        shopper.stage == Stage::ordering && command.key == fmt::format("k{}-{}", shopper.number, shopper.attempt);
    if (!answer) {
        market_.chronicle_.note("order", "shopper {} gets no answer to key {}", shopper.number, command.key);
        co_await sleep_for(market_.up_to(1'000));
        co_return;
    }
    if (*answer)
        ordered(shopper, command, **answer);
    else if (still)
        not_ordered(shopper, command, answer->error());
    if (!still || shopper.stage != Stage::ordering) co_return;
    co_await sleep_for(milliseconds{100} + market_.up_to(1'500));
}

void People::ordered(Shopper& shopper, const Checkout::Command& command, const domain::Verdict& verdict) {
    if (const auto* refusal = std::get_if<domain::Refused>(&verdict.outcome)) {
        refused(shopper, command, *refusal);
        return;
    }
    const auto& granted = std::get<domain::Granted>(verdict.outcome);
    market_.chronicle_.name(granted.order.uuid, fmt::format("order {}", acknowledged_.size() + 1));
    market_.chronicle_.note("order", "shopper {} has order {} by key {}{}", shopper.number, granted.order.to_string(),
                            command.key, verdict.repeated ? std::string_view{" (again)"} : std::string_view{});
    acknowledged_.insert(granted.order);
    market_.checks_->saw_granted(command, granted);
    write_history(
        "order", shopper,
        fmt::format(R"("sale":"{}","order":"{}","key":"{}","lines":[{{"sku":"{}","quantity":{}}}],)"
                    R"("status":201,"outcome":"ok",{})",
                    command.sale ? command.sale->to_string() : std::string{}, granted.order.to_string(), command.key,
                    command.lines[0].sku, command.lines[0].quantity, receipt_json(granted.receipt)));
    if (shopper.stage != Stage::ordering) return;
    shopper.order = granted.order;
    shopper.stage = Stage::paying;
}

void People::refused(Shopper& shopper, const Checkout::Command& command, const domain::Refused& refusal) {
    const auto reason = refusal.lines.empty() ? refusal.reason : refusal.lines.front().reason;
    market_.chronicle_.note("order", "shopper {} is refused by key {}: {}", shopper.number, command.key,
                            reason_of(reason));
    write_history("order", shopper,
                  fmt::format(R"("key":"{}","status":409,"outcome":"refused","reason":"{}")", command.key,
                              reason_of(refusal.reason)));
    if (shopper.stage != Stage::ordering || command.key != fmt::format("k{}-{}", shopper.number, shopper.attempt))
        return;
    ++shopper.attempt;
    switch (reason) {
        case domain::Refusal::sold_out:
        case domain::Refusal::limit_reached: shopper.stage = Stage::finished; return;
        case domain::Refusal::price_changed: shopper.price_version = 0; return;
        case domain::Refusal::all_held:
        case domain::Refusal::sale_not_open: return;
        case domain::Refusal::key_reused:
            market_.violated(fmt::format("shopper {} used key {} once and was told it was used for something else",
                                         shopper.number, command.key));
            return;
        case domain::Refusal::not_here:
        case domain::Refusal::unknown_sku:
        case domain::Refusal::not_for_sale:
        case domain::Refusal::wrong_currency:
            market_.violated(
                fmt::format("shopper {} ordered what is for sale and was told {}", shopper.number, reason_of(reason)));
            return;
    }
}

void People::not_ordered(Shopper& shopper, const Checkout::Command& command, Checkout::Error error) {
    market_.chronicle_.note("order", "shopper {}, key {}: {}", shopper.number, command.key, reason_of(error));
    if (error == Checkout::Error::not_admitted) {
        // The leave to order has run out: back into the line, with a new intent.
        shopper.stage = Stage::queueing;
    }
}

// Prices.

Task<void> People::read_price(Shopper& shopper) {
    const Instant deadline = market_.world_.now() + seconds{5};
    Work<std::string> work = [this, deadline](ShopProcess& shop) {
        struct Reading {
            static Task<std::string> run(People* people, ShopProcess* process, Instant until) {
                const std::int64_t floor = people->price_floor_;
                auto told = co_await price_through_cache(process, people->market_.orders_.get(), until);
                if (!told.empty() && std::stoll(told) < floor)
                    people->market_.violated(
                        fmt::format("the near cache gave price version {} after {} was acknowledged", told, floor));
                co_return std::move(told);
            }
        };
        return Reading::run(this, &shop, deadline);
    };
    const auto told = co_await ask<std::string>(std::move(work));
    if (!told || told->empty()) {
        co_await sleep_for(milliseconds{100} + market_.up_to(1'000));
        co_return;
    }
    const auto space = told->find(' ');
    shopper.price_version = std::stoll(*told);
    shopper.price_minor = std::stoll(told->substr(space + 1));
    market_.chronicle_.note("price", "shopper {} sees {} KRW, version {}", shopper.number, shopper.price_minor,
                            shopper.price_version);
}

Task<void> People::change_price(People* people, std::int64_t price_minor) {
    Market& market = people->market_;
    for (int tries = 0; tries < 20; ++tries) {
        const bool forgets = market.plan_.planted == Planted::keeps_an_old_value;
        Work<std::optional<std::int64_t>> work = [people, price_minor, forgets](ShopProcess& shop) {
            return set_price(&shop, people->market_.orders_.get(), price_minor, forgets);
        };
        const auto set = co_await people->ask<std::optional<std::int64_t>>(std::move(work));
        if (set && *set) {
            people->price_floor_ = std::max(people->price_floor_, **set);
            market.chronicle_.note("price", "now {} KRW, version {}", price_minor, **set);
            co_return;
        }
        co_await sleep_for(milliseconds{200} + market.up_to(800));
    }
}

// Paying.

Task<void> People::pay(Shopper& shopper) {
    const bool in_no_hurry = shopper.pays_late && shopper.pay_key == 0 && shopper.token.empty();
    const auto hold_ms = std::chrono::duration_cast<milliseconds>(market_.plan_.hold).count();
    co_await sleep_for(in_no_hurry ? milliseconds{hold_ms} - seconds{2} + market_.up_to(6'000) : market_.up_to(3'000));
    if (shopper.walks_away) {
        market_.chronicle_.note("pay", "shopper {} walks away from order {}", shopper.number,
                                shopper.order->to_string());
        shopper.stage = Stage::finished;
        co_return;
    }
    if (shopper.cancels) {
        co_await cancel(shopper);
        co_return;
    }
    if (shopper.token.empty()) {
        const bool declined = market_.happens(market_.plan_.declined_percent);
        shopper.token = declined ? "tok_decline" : market_.below(5) == 0 ? "tok_twice" : "tok_ok";
    }
    Pay::Command command{.customer = shopper.customer,
                         .order = *shopper.order,
                         .key = fmt::format("pay-{}", shopper.pay_key),
                         .token = shopper.token,
                         .deadline = market_.world_.now() + seconds{10}};
    if (market_.happens(market_.plan_.double_click_percent)) {
        Pay::Command again = command;
        if (market_.below(2) == 0) again.key = fmt::format("pay-{}", shopper.pay_key + 100);
        spawn(market_.world_, "second tab", pay_again(this, shopper.number, std::move(again)));
    }
    Work<Paid> work = [command](ShopProcess& shop) { return shop.selling->pay.pay(command); };
    const auto answer = co_await ask<Paid>(std::move(work));
    paid(shopper, command, answer);
    if (answer && !*answer && answer->error() == Pay::Refusal::wrong_state) co_await look_again(shopper);
}

Task<void> People::pay_again(People* people, std::size_t who, Pay::Command command) {
    co_await sleep_for(people->market_.up_to(300));
    Work<Paid> work = [command](ShopProcess& shop) { return shop.selling->pay.pay(command); };
    const auto answer = co_await people->ask<Paid>(std::move(work));
    Shopper& shopper = *people->shoppers_[who];
    // What the other tab shows is a promise too.
    const bool told_paid = answer && *answer && std::holds_alternative<Pay::Paid>(**answer);
    people->write_history(
        "pay", shopper,
        fmt::format(R"("order":"{}","outcome":"{}","status":{},"state":"{}")", command.order.to_string(),
                    told_paid ? "ok" : "unknown", told_paid ? 200 : 0, told_paid ? "paid" : ""));
    if (told_paid) people->market_.checks_->saw_paid(command.order, std::get<Pay::Paid>(**answer).payment);
}

void People::paid(Shopper& shopper, const Pay::Command& command, const std::optional<Paid>& answer) {
    const auto remember = [&](std::string_view outcome, int status, std::string_view state, std::string_view reason) {
        write_history("pay", shopper,
                      fmt::format(R"("order":"{}","outcome":"{}","status":{},"state":"{}","reason":"{}")",
                                  command.order.to_string(), outcome, status, state, reason));
        market_.chronicle_.note("pay", "shopper {}, order {}, {}: {} {}", shopper.number, command.order.to_string(),
                                command.key, outcome, reason.empty() ? state : reason);
    };
    if (!answer) return remember("unknown", 0, "", "no answer");
    if (*answer) {
        if (std::holds_alternative<Pay::Paying>(**answer)) return remember("ok", 202, "paying", "");
        remember("ok", 200, "paid", "");
        market_.checks_->saw_paid(command.order, std::get<Pay::Paid>(**answer).payment);
        shopper.told_paid = true;
        shopper.stage = Stage::finished;
        return;
    }
    switch (answer->error()) {
        case Pay::Refusal::declined:
            remember("refused", 402, "", "payment-declined");
            market_.checks_->saw_declined(Pay::payment_id(command.customer, command.order, command.key));
            ++shopper.pay_key;
            shopper.token.clear();
            return;
        case Pay::Refusal::key_reused:
            remember("refused", 422, "", "key-reused");
            ++shopper.pay_key;
            return;
        case Pay::Refusal::money_goes_back:
            remember("unknown", 409, "", "money-goes-back");
            shopper.stage = Stage::finished;
            return;
        case Pay::Refusal::wrong_state: return remember("unknown", 409, "", "wrong-state");
        case Pay::Refusal::not_found:
            market_.violated(fmt::format("order {} was acknowledged, and is not found when shopper {} pays it",
                                         command.order.to_string(), shopper.number));
            shopper.stage = Stage::finished;
            return;
        case Pay::Refusal::in_flight:
        case Pay::Refusal::busy:
        case Pay::Refusal::unavailable:
        case Pay::Refusal::outcome_unknown: return remember("unknown", 503, "", "not-now");
    }
}

Task<void> People::look_again(Shopper& shopper) {
    using Found = Result<std::optional<domain::Order>, usecases::Fulfil::Refusal>;
    const OrderId order = *shopper.order;
    Work<Found> work = [order](ShopProcess& shop) { return shop.selling->fulfil.find(order); };
    const auto found = co_await ask<Found>(std::move(work));
    if (!found || !*found) co_return;
    if (!**found) {
        market_.violated(fmt::format("order {} was acknowledged, and is not found when shopper {} looks",
                                     order.to_string(), shopper.number));
        co_return;
    }
    const auto state = (**found)->state;
    market_.chronicle_.note("pay", "shopper {} sees order {} as {}", shopper.number, order.to_string(),
                            domain::to_string(state));
    if (state == domain::OrderState::reserved)
        ++shopper.pay_key;
    else if (state != domain::OrderState::paying)
        shopper.stage = Stage::finished;
}

Task<void> People::cancel(Shopper& shopper) {
    using Cancelled = Result<domain::Order, usecases::Fulfil::Refusal>;
    const OrderId order = *shopper.order;
    const CustomerId customer = shopper.customer;
    Work<Cancelled> work = [order, customer](ShopProcess& shop) {
        return shop.selling->fulfil.cancel(order, customer);
    };
    const auto cancelled = co_await ask<Cancelled>(std::move(work));
    market_.chronicle_.note("order", "shopper {} cancels order {}: {}", shopper.number, order.to_string(),
                            cancelled && *cancelled ? 1 : 0);
    if (market_.below(3) == 0) shopper.cancels = false;  // Has changed their mind again.
    if (cancelled && *cancelled) shopper.stage = Stage::finished;
}

Task<void> People::give_back(Shopper& shopper) {
    using Refunded = Result<usecases::Fulfil::Refunded, usecases::Fulfil::Refusal>;
    const OrderId order = *shopper.order;
    const bool restock = market_.below(2) == 0;
    for (int tries = 0; tries < 3; ++tries) {
        co_await sleep_for(milliseconds{500} + market_.up_to(3'000));
        Work<Refunded> work = [order, restock](ShopProcess& shop) {
            return shop.selling->fulfil.refund(order, restock);
        };
        const auto refunded = co_await ask<Refunded>(std::move(work));
        market_.chronicle_.note("order", "shopper {} gives order {} back: {}", shopper.number, order.to_string(),
                                refunded && *refunded ? 1 : 0);
        if (refunded && *refunded) co_return;
    }
}

}  // namespace marketday::simulation
