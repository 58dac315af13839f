#include "tests/simulation/plan.hpp"

#include <algorithm>
#include <span>

namespace marketday::simulation {
namespace {

constexpr std::array kPlanted{
    PlantedFault{Planted::forgets_the_limit, "forgets-the-limit", "the store forgets what a customer has of a sale",
                 100},
    PlantedFault{Planted::forgets_the_key, "forgets-the-key", "a key that comes again makes a second order", 100},
    PlantedFault{Planted::loses_the_last_batch, "loses-the-last-batch", "the disk says \"synced\" and is not", 100},
    PlantedFault{Planted::acknowledges_unwritten, "acknowledges-unwritten",
                 "one write in fifty is acknowledged before its commit, which then fails", 100},
    PlantedFault{Planted::sells_what_is_not_there, "sells-what-is-not-there", "a unit appears from nowhere", 100},
    PlantedFault{Planted::releases_twice, "releases-twice", "a hold that has expired is expired again", 100},
    PlantedFault{Planted::expires_a_paying_hold, "expires-a-paying-hold", "a hold ends while the bank is at work", 100},
    PlantedFault{Planted::forgets_a_capture, "forgets-a-capture", "an order is paid, and later it is not", 100},
    PlantedFault{Planted::charges_another_price, "charges-another-price", "an order's total is not what was shown",
                 100},
    PlantedFault{Planted::lets_a_ticket_pass, "lets-a-ticket-pass", "after a restart the draw is another one", 300},
    PlantedFault{Planted::reissues_a_number, "reissues-a-number", "a number in line is given a second time", 1000},
    PlantedFault{Planted::admits_more_than_remain, "admits-more-than-remain", "the line hears of units that are gone",
                 300},
    PlantedFault{Planted::forgets_who_was_called, "forgets-who-was-called",
                 "what the line has called is forgotten in a death", 300},
    PlantedFault{Planted::skips_a_ledger_link, "skips-a-ledger-link", "an entry's hash does not cover the one before",
                 100},
    PlantedFault{Planted::loses_a_ledger_entry, "loses-a-ledger-entry", "a movement of stock is not in the ledger",
                 100},
    PlantedFault{Planted::keeps_an_old_value, "keeps-an-old-value",
                 "a near cache keeps what was loaded before an invalidation", 300},
    PlantedFault{Planted::captures_twice, "captures-twice", "the gateway takes the money again when asked again", 300},
    PlantedFault{Planted::forgets_a_refund, "forgets-a-refund", "money that is owed back is forgotten", 300},
    PlantedFault{Planted::drops_an_event, "drops-an-event", "a message of the outbox counts as sent and is not", 100},
    PlantedFault{Planted::consumer_without_memory, "consumer-without-memory",
                 "a consumer does not remember what it has counted", 300},
    PlantedFault{Planted::scheduler_without_fencing, "scheduler-without-fencing",
                 "the store takes what a holder writes whose lease is another's by now", 1000},
    PlantedFault{Planted::relay_stands_still, "relay-stands-still", "nothing leaves the outbox", 20},
};

class Drawing {
public:
    explicit Drawing(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15ULL + 12345) {}
    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
    std::uint64_t up_to(std::uint64_t most) { return random_.below(most + 1); }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + random_.below(most - least + 1); }
    /// Nothing in every second run, else up to `most`.
    unsigned trouble(std::uint64_t most) { return one_in(2) ? 0 : static_cast<unsigned>(1 + random_.below(most)); }

private:
    SeededRandom random_;
};

void draw_size(Plan& plan, Drawing& draw) {
    // Small runs are many runs; a few are a crowd.
    const auto size = draw.up_to(199);
    if (size == 0)
        plan.shoppers = draw.between(1000, 3000);
    else if (size < 6)
        plan.shoppers = draw.between(100, 400);
    else
        plan.shoppers = draw.between(4, 40);
    plan.units = static_cast<std::int64_t>(1 + draw.up_to(plan.shoppers));
    plan.limit = draw.one_in(4) ? 2 : 1;
    plan.line = !draw.one_in(4);
    plan.draw = !draw.one_in(4);
    plan.store_apart = draw.one_in(4);
    plan.second_scheduler = draw.one_in(4);
    plan.hold = seconds{draw.between(15, 50)};
    if (draw.one_in(3)) plan.batch_max = draw.between(1, 10);
    if (draw.one_in(6)) plan.lane_depth_max = draw.between(2, 20);
    if (draw.one_in(3)) plan.lane_wait_max = milliseconds{100};
    plan.faults_end = seconds{draw.between(20, 70)};
}

void draw_faults(Plan& plan, Drawing& draw) {
    plan.store.refused_percent = draw.trouble(10);
    plan.store.lost_there_percent = draw.trouble(8);
    plan.store.lost_back_percent = draw.trouble(10);
    plan.store.reads_fail_percent = draw.trouble(10);
    plan.store.slow_percent = draw.trouble(10);
    plan.disk.write_fails_per_10k = draw.one_in(3) ? draw.trouble(60) : 0;
    plan.disk.sync_fails_per_10k = draw.one_in(3) ? draw.trouble(150) : 0;
    plan.disk.read_fails_per_10k = draw.one_in(3) ? draw.trouble(60) : 0;
    plan.request_lost_percent = draw.trouble(10);
    plan.answer_lost_percent = draw.trouble(10);
    plan.request_twice_percent = draw.trouble(15);
    plan.bank_silent_percent = draw.trouble(25);
    plan.bank_refuses_percent = draw.trouble(15);
    plan.bank_lies = draw.one_in(6);
    plan.mail_fails_percent = draw.trouble(30);
    plan.deaths = draw.one_in(3) ? 0 : draw.between(1, 4);
    plan.freezes = draw.one_in(3) ? draw.between(1, 3) : 0;
    plan.clock_jumps = draw.one_in(3) ? draw.between(1, 4) : 0;
    plan.price_changes = draw.one_in(2) ? draw.between(1, 5) : 0;
}

void draw_people(Plan& plan, Drawing& draw) {
    plan.double_click_percent = draw.trouble(50);
    plan.walks_away_percent = draw.trouble(30);
    plan.leaves_line_percent = draw.trouble(40);
    plan.pays_late_percent = draw.trouble(40);
    plan.cancels_percent = draw.trouble(20);
    plan.gives_back_percent = draw.trouble(60);
    plan.declined_percent = draw.trouble(40);
}

}  // namespace

std::span<const PlantedFault> planted_faults() { return kPlanted; }

const PlantedFault* planted_fault(std::string_view name) {
    const auto* found = std::ranges::find(kPlanted, name, &PlantedFault::name);
    return found == kPlanted.end() ? nullptr : found;
}

Plan draw_plan(std::uint64_t seed, Planted planted) {
    Plan plan;
    plan.seed = seed;
    plan.planted = planted;
    Drawing draw(seed);
    draw_size(plan, draw);
    draw_faults(plan, draw);
    draw_people(plan, draw);
    if (planted == Planted::loses_the_last_batch) plan.disk.syncs_are_lies = true;
    return plan;
}

}  // namespace marketday::simulation
