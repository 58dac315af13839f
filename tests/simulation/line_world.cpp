#include "tests/simulation/line_world.hpp"

#include <algorithm>

namespace marketday::simulation {
namespace {

using usecases::StandInLine;

constexpr seconds kOpensAfter{20};
constexpr seconds kLasts{400};
/// How long a process that stood still, or waits for one that does, may not know who was called.
constexpr seconds kLag{15};

}  // namespace

LineWorld::LineWorld(std::uint64_t seed, Plan plan) : executor_(seed), random_(seed * 7919 + 1), plan_(plan) {
    if (plan.processes > 1) checker_.allow_lag(kLag);
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

LineWorld::~LineWorld() {
    for (std::size_t which = 0; which < servers_.size(); ++which) kill(which);
    executor_.stop();
}

void LineWorld::start(std::size_t which) {
    Server& server = *servers_[which];
    server.book = std::make_unique<SimulatedLineBook>(rows_, random_, plan_.faults);
    server.leases = std::make_unique<SimulatedLeases>(rows_);
    server.orders = std::make_unique<SimulatedSale>(sale_, random_, plan_.faults.unavailable_percent);
    StandInLine::Options options;
    options.admission_key = admission_key_;
    if (plan_.processes > 1) {
        options.process = "life " + std::to_string(++lives_);
        options.holder = options.process;
        options.lease_length = milliseconds{4'000};
    }
    server.line = std::make_unique<StandInLine>(*server.book, *server.orders, *server.leases, pressure_, executor_,
                                                random_, options);
    spawn(server.executor, "line", server.line->run());
}

void LineWorld::kill(std::size_t which) {
    Server& server = *servers_[which];
    server.executor.kill();
    server.line.reset();
    server.orders.reset();
    server.leases.reset();
    server.book.reset();
    for (Shopper& shopper : shoppers_) {
        if (!shopper.asked || shopper.server != which) continue;
        shopper.asked = false;
        shopper.next = executor_.now() + about(500);
    }
}

/// It dies and comes back after a while, or only stands still.
void LineWorld::trouble(std::size_t which) {
    Server& server = *servers_[which];
    if (!server.line) return;
    ++crashes_;
    if (happens(plan_.freeze_percent)) {
        server.frozen_until = executor_.now() + milliseconds{static_cast<std::int64_t>(random_.below(15'000))};
        server.executor.freeze(server.frozen_until);
        return;
    }
    kill(which);
    const Instant back = executor_.now() + about(1'500);
    executor_.at(back, [this, which] {
        if (!servers_[which]->line) start(which);
    });
}

LineWorld::Server* LineWorld::any_server(Shopper& shopper) {
    const auto first = random_.below(servers_.size());
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        shopper.server = (first + i) % servers_.size();
        if (servers_[shopper.server]->line) return servers_[shopper.server].get();
    }
    return nullptr;
}

Task<void> LineWorld::ask_join(LineWorld& world, Server& server, std::size_t who) {
    const Instant deadline = world.executor_.now() + seconds{3};
    const auto answer = co_await server.line->join(world.sale_.sale.id, world.shoppers_[who].customer, {}, deadline);
    world.answered(who, answer);
}

Task<void> LineWorld::ask_poll(LineWorld& world, Server& server, std::size_t who) {
    const Instant deadline = world.executor_.now() + seconds{3};
    std::string ticket = world.shoppers_[who].ticket;
    const auto at_once = server.line->poll_now(world.sale_.sale.id, ticket);
    if (at_once) co_return world.answered(who, *at_once);
    const auto answer = co_await server.line->poll(world.sale_.sale.id, std::move(ticket), deadline);
    world.answered(who, answer);
}

Task<void> LineWorld::ask_leave(LineWorld& world, Server& server, std::size_t who) {
    Shopper& shopper = world.shoppers_[who];
    const Instant deadline = world.executor_.now() + seconds{3};
    std::string ticket = shopper.ticket;
    const auto left = co_await server.line->leave(world.sale_.sale.id, shopper.customer, std::move(ticket), deadline);
    shopper.asked = false;
    shopper.next = world.executor_.now() + world.about(500);
    if (left) shopper.doing = Shopper::Doing::finished;
}

Task<void> LineWorld::ask_draw(LineWorld& world, Server& server, std::optional<domain::PublishedDraw>& draw) {
    std::size_t first = 0;
    domain::PublishedDraw whole;
    do {
        const Instant deadline = world.executor_.now() + seconds{5};
        const auto page = co_await server.line->draw(world.sale_.sale.id, first, 7, deadline);
        if (!page) co_return;
        auto entries = std::move(whole.entries);
        whole = page->published;
        entries.insert(entries.end(), page->published.entries.begin(), page->published.entries.end());
        whole.entries = std::move(entries);
        first = page->next_entry;
    } while (first != 0);
    draw = std::move(whole);
}

/// In the process that took the order.
void LineWorld::tell_line(const Shopper& shopper, bool granted) {
    Server& server = *servers_[shopper.server];
    if (!server.line) return;
    server.executor.soon([this, &server, customer = shopper.customer, granted] {
        if (granted)
            server.line->used(sale_.sale.id, customer, 1);
        else
            server.line->refused(sale_.sale.id, customer);
    });
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
        tell_line(shopper, false);
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
            tell_line(shopper, true);
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
    Server* const server = any_server(shopper);
    if (server == nullptr) {
        shopper.next = now + about(500);
        return;
    }
    shopper.asked = true;
    if (shopper.doing == Shopper::Doing::away) return spawn(server->executor, "join", ask_join(*this, *server, who));
    if (shopper.leaves && happens(30)) return spawn(server->executor, "leave", ask_leave(*this, *server, who));
    spawn(server->executor, "poll", ask_poll(*this, *server, who));
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
    for (unsigned i = 0; i < plan_.processes; ++i) {
        servers_.push_back(std::make_unique<Server>(executor_));
        start(i);
    }
    for (const Instant death : deaths) {
        run_until(death);
        for (auto steps = random_.below(60); steps > 0; --steps) executor_.step();
        trouble(random_.below(servers_.size()));
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
        Server& server = *servers_[static_cast<std::size_t>(tries) % servers_.size()];
        if (server.line) spawn(server.executor, "draw", ask_draw(*this, server, draw));
        executor_.run_for(seconds{2});
    }
    if (!draw) return checker_.complain("the draw was not published");
    if (plan_.draw) checker_.saw_draw(std::move(*draw), listed_tickets_);
    for (const auto& server : servers_)
        if (server->line) server->line->stop();
    executor_.run_for(seconds{30});
}

}  // namespace marketday::simulation
