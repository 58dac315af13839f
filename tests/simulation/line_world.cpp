#include "tests/simulation/line_world.hpp"

#include <algorithm>

namespace marketday::simulation {
namespace {

using usecases::StandInLine;

constexpr seconds kOpensAfter{20};
constexpr seconds kLasts{400};

}  // namespace

LineWorld::LineWorld(std::uint64_t seed, Plan plan) : executor_(seed), random_(seed * 7919 + 1), plan_(plan) {
    random_.fill(admission_key_);
    sale_.sale.id = SaleId{uuids_.next(0)};
    sale_.sale.opens_at = executor_.wall_now() + kOpensAfter;
    sale_.sale.line.draw = plan.draw;
    sale_.sale.line.admission_valid = seconds{40};
    sale_.sale.line.admissions_per_s_max = 20;
    sale_.sale.items = {{.sku = "hot", .units = plan.units, .price = {}, .limit_per_customer = 1, .taken = 0}};
    sale_.stock = {.received = plan.units, .available = plan.units};
    shoppers_.resize(plan.shoppers);
    for (Shopper& shopper : shoppers_) {
        shopper.customer = CustomerId{uuids_.next(static_cast<Bucket>(random_.below(kBucketCount)))};
        shopper.next = executor_.now() + milliseconds{static_cast<std::int64_t>(random_.below(40'000))};
        shopper.walks_away = happens(10);
        shopper.leaves = happens(plan_.leave_percent);
    }
}

void LineWorld::start() {
    ++life_;
    book_ = std::make_unique<SimulatedLineBook>(rows_, random_, plan_.faults);
    orders_ = std::make_unique<SimulatedSale>(sale_, random_, plan_.faults.unavailable_percent);
    StandInLine::Options options;
    options.admission_key = admission_key_;
    options.sequence_block = 16;
    line_ = std::make_unique<StandInLine>(*book_, *orders_, pressure_, executor_, random_, options);
    spawn(executor_, "line", line_->run());
}

void LineWorld::kill() {
    executor_.stop();
    line_.reset();
    orders_.reset();
    book_.reset();
    for (Shopper& shopper : shoppers_) {
        if (!shopper.asked) continue;
        shopper.asked = false;
        shopper.next = executor_.now() + about(500);
    }
}

Task<void> LineWorld::ask_join(LineWorld& world, std::size_t who, std::uint64_t life) {
    const Instant deadline = world.executor_.now() + seconds{3};
    const auto answer = co_await world.line_->join(world.sale_.sale.id, world.shoppers_[who].customer, {}, deadline);
    if (life == world.life_) world.answered(who, answer);
}

Task<void> LineWorld::ask_poll(LineWorld& world, std::size_t who, std::uint64_t life) {
    const Instant deadline = world.executor_.now() + seconds{3};
    std::string ticket = world.shoppers_[who].ticket;
    const auto answer = co_await world.line_->poll(world.sale_.sale.id, std::move(ticket), deadline);
    if (life == world.life_) world.answered(who, answer);
}

Task<void> LineWorld::ask_leave(LineWorld& world, std::size_t who, std::uint64_t life) {
    Shopper& shopper = world.shoppers_[who];
    const Instant deadline = world.executor_.now() + seconds{3};
    std::string ticket = shopper.ticket;
    const auto left = co_await world.line_->leave(world.sale_.sale.id, shopper.customer, std::move(ticket), deadline);
    if (life != world.life_) co_return;
    shopper.asked = false;
    shopper.next = world.executor_.now() + world.about(500);
    if (left) shopper.doing = Shopper::Doing::finished;
}

Task<void> LineWorld::ask_draw(LineWorld& world, std::optional<domain::PublishedDraw>& draw) {
    std::size_t first = 0;
    domain::PublishedDraw whole;
    do {
        const Instant deadline = world.executor_.now() + seconds{5};
        const auto page = co_await world.line_->draw(world.sale_.sale.id, first, 7, deadline);
        if (!page) co_return;
        auto entries = std::move(whole.entries);
        whole = page->published;
        entries.insert(entries.end(), page->published.entries.begin(), page->published.entries.end());
        whole.entries = std::move(entries);
        first = page->next_entry;
    } while (first != 0);
    draw = std::move(whole);
}

void LineWorld::answered(std::size_t who, const Result<StandInLine::Standing, StandInLine::Error>& answer) {
    Shopper& shopper = shoppers_[who];
    const Instant now = executor_.now();
    shopper.asked = false;
    shopper.told_waiting = false;
    if (!answer) {
        if (answer.error() != StandInLine::Error::unavailable) checker_.complain("an honest shopper was turned away");
        shopper.next = now + about(500);
        return;
    }
    const auto& standing = *answer;
    checker_.saw(shopper.customer, standing, rows_.lines.at(sale_.sale.id).stored.founding.ticket_key,
                 executor_.wall_now(), sale_.stock.available);
    shopper.ticket = standing.ticket;
    shopper.next = now + standing.poll_after;
    switch (standing.state) {
        case StandInLine::State::before_opening:
        case StandInLine::State::waiting:
        case StandInLine::State::all_held:
            shopper.doing = Shopper::Doing::in_line;
            shopper.told_waiting = true;
            // Who has a ticket before the opening must stand in the list.
            if (standing.state == StandInLine::State::before_opening && !shopper.leaves)
                listed_tickets_.insert(standing.ticket);
            if (shopper.walks_away) shopper.doing = Shopper::Doing::finished;
            if (shopper.leaves) shopper.next = now + about(500);
            break;
        case StandInLine::State::admitted:
            shopper.admission = standing.admission;
            shopper.doing = happens(10) ? Shopper::Doing::finished : Shopper::Doing::shopping;
            shopper.next = now + about(2'000);
            break;
        case StandInLine::State::expired:
            shopper.doing = happens(50) ? Shopper::Doing::away : Shopper::Doing::finished;
            shopper.next = now + about(500);
            break;
        case StandInLine::State::sold_out:
        case StandInLine::State::closed: shopper.doing = Shopper::Doing::finished; break;
    }
}

void LineWorld::order(Shopper& shopper) {
    const WallTime now = executor_.wall_now();
    shopper.doing = Shopper::Doing::finished;
    const auto admission = domain::verify_admission(shopper.admission, admission_key_, now);
    if (!admission) {
        if (admission.error() != domain::AdmissionError::expired) checker_.complain("an admission is not genuine");
        shopper.doing = Shopper::Doing::in_line;  // Learns from the next poll that it ran out.
        return;
    }
    checker_.spent(shopper.customer);
    if (!domain::apply(sale_.stock, domain::Movement::reserve, 1)) {
        if (line_) line_->refused(sale_.sale.id, shopper.customer);
        return;
    }
    ++sale_.sale.items[0].taken;
    domain::Order placed;
    placed.id = OrderId{uuids_.next(0)};
    placed.customer = shopper.customer;
    placed.placed_at = now;
    sale_.orders.push_back(placed);
    shopper.doing = Shopper::Doing::telling;
    shopper.next = executor_.now() + (happens(20) ? about(100) : milliseconds{0});
}

void LineWorld::act(std::size_t who) {
    Shopper& shopper = shoppers_[who];
    const Instant now = executor_.now();
    switch (shopper.doing) {
        case Shopper::Doing::shopping: return order(shopper);
        case Shopper::Doing::telling:
            if (line_) line_->used(sale_.sale.id, shopper.customer, 1);
            shopper.doing = Shopper::Doing::paying;
            shopper.next = now + about(3'000);
            return;
        case Shopper::Doing::paying: {
            const bool pays = happens(85);
            domain::apply(sale_.stock, pays ? domain::Movement::sell : domain::Movement::expire, 1);
            if (!pays) --sale_.sale.items[0].taken;
            shopper.doing = Shopper::Doing::finished;
            return;
        }
        case Shopper::Doing::finished: return;
        case Shopper::Doing::away:
        case Shopper::Doing::in_line: break;
    }
    if (!line_) {
        shopper.next = now + about(500);
        return;
    }
    shopper.asked = true;
    if (shopper.doing == Shopper::Doing::away) return spawn(executor_, "join", ask_join(*this, who, life_));
    if (shopper.leaves && happens(30)) return spawn(executor_, "leave", ask_leave(*this, who, life_));
    if (const auto answer = line_->poll_now(sale_.sale.id, shopper.ticket)) return answered(who, *answer);
    spawn(executor_, "poll", ask_poll(*this, who, life_));
}

void LineWorld::run_until(Instant when) {
    while (executor_.now() < when) {
        Instant next = std::min(when, executor_.now() + milliseconds{200});
        for (std::size_t who = 0; who < shoppers_.size(); ++who) {
            if (shoppers_[who].asked || shoppers_[who].doing == Shopper::Doing::finished) continue;
            if (shoppers_[who].next <= executor_.now()) act(who);
            if (!shoppers_[who].asked && shoppers_[who].doing != Shopper::Doing::finished)
                next = std::min(next, std::max(shoppers_[who].next, executor_.now() + milliseconds{1}));
        }
        executor_.run_until(next);
    }
}

std::vector<std::string> LineWorld::run() {
    const Instant begin = executor_.now();
    std::vector<Instant> deaths;
    const auto crashes = random_.below(plan_.crashes_max + 1);
    for (std::uint64_t i = 0; i < crashes; ++i) {
        // Half of them around the opening, where most happens.
        const auto at = happens(50) ? 19'500 + random_.below(2'500) : random_.below(90'000);
        deaths.push_back(begin + milliseconds{static_cast<std::int64_t>(at)});
    }
    std::ranges::sort(deaths);
    start();
    for (const Instant death : deaths) {
        run_until(death);
        for (auto steps = random_.below(60); steps > 0; --steps) executor_.step();
        kill();
        ++crashes_;
        run_until(executor_.now() + about(1'500));
        start();
    }
    run_until(begin + kOpensAfter + kLasts);
    check_end();
    auto complaints = checker_.complaints();
    complaints.insert(complaints.end(), rows_.complaints.begin(), rows_.complaints.end());
    return complaints;
}

void LineWorld::check_end() {
    for (const Shopper& shopper : shoppers_) {
        const bool waits = shopper.doing == Shopper::Doing::in_line && shopper.told_waiting;
        if (waits && sale_.stock.available > 0) checker_.complain("units are left and somebody still waits");
        if (waits && sale_.stock.sold == plan_.units) checker_.complain("all is sold and somebody still waits");
    }
    sale_.sale.state = domain::SaleState::closed;
    std::optional<domain::PublishedDraw> draw;
    for (int tries = 0; tries < 50 && !(draw && draw->secret); ++tries) {
        spawn(executor_, "draw", ask_draw(*this, draw));
        executor_.run_for(seconds{2});
    }
    if (!draw) return checker_.complain("the draw was not published");
    if (plan_.draw) checker_.saw_draw(std::move(*draw), listed_tickets_);
    line_->stop();
    executor_.run_for(seconds{30});
}

}  // namespace marketday::simulation
