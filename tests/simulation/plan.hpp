#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "tests/simulation/sim_database.hpp"
#include "tests/simulation/sim_disk.hpp"

namespace marketday::simulation {

/// Bugs that the checks must find; each breaks one promise, as an adapter or a store with that bug would.
enum class Planted : std::uint8_t {
    none,
    forgets_the_limit,
    forgets_the_key,
    loses_the_last_batch,
    acknowledges_unwritten,
    sells_what_is_not_there,
    releases_twice,
    expires_a_paying_hold,
    forgets_a_capture,
    charges_another_price,
    lets_a_ticket_pass,
    reissues_a_number,
    admits_more_than_remain,
    forgets_who_was_called,
    skips_a_ledger_link,
    loses_a_ledger_entry,
    keeps_an_old_value,
    captures_twice,
    forgets_a_refund,
    drops_an_event,
    consumer_without_memory,
    scheduler_without_fencing,
    relay_stands_still,
};

struct PlantedFault {
    Planted planted{};
    std::string_view name;        // for --plant
    std::string_view what;        // it does
    std::uint64_t seeds_max = 0;  // within which it must be found, from seed 1 on
};
/// All of them, `none` not among them.
std::span<const PlantedFault> planted_faults();
const PlantedFault* planted_fault(std::string_view name);

/// What one seed is about. Everything is drawn: which faults there are at all, and how often; so that some runs have
/// one kind of trouble in plenty, and some have none.
struct Plan {
    std::uint64_t seed = 0;
    Planted planted = Planted::none;

    // The shop.
    std::size_t shoppers = 20;
    std::int64_t units = 10;  // of the sale's SKU
    std::int64_t limit = 1;   // a customer
    bool line = true;
    bool draw = true;
    bool store_apart = false;       // the shop dies alone, as with a database server of its own
    bool second_scheduler = false;  // another process runs the same jobs
    seconds hold{40};
    std::size_t batch_max = 500;
    std::size_t lane_depth_max = 20'000;
    milliseconds lane_wait_max{0};

    // Time. Everything counts from the run's beginning.
    seconds opens_after{8};
    seconds faults_end{60};

    // Faults, up to `faults_end`.
    SimDatabase::Faults store;
    SimDisk::Faults disk;
    unsigned request_lost_percent = 0;  // a shopper's, on its way
    unsigned answer_lost_percent = 0;
    unsigned request_twice_percent = 0;  // delivered twice
    unsigned bank_silent_percent = 0;
    unsigned bank_refuses_percent = 0;
    bool bank_lies = false;
    unsigned mail_fails_percent = 0;
    std::size_t deaths = 0;
    unsigned power_percent = 50;      // of deaths: power is lost, not only the process killed
    unsigned mid_write_percent = 30;  // of deaths: in the middle of a write
    std::size_t freezes = 0;
    std::size_t clock_jumps = 0;
    std::size_t price_changes = 0;

    // What people do.
    unsigned double_click_percent = 20;
    unsigned walks_away_percent = 10;
    unsigned leaves_line_percent = 5;
    unsigned pays_late_percent = 10;
    unsigned cancels_percent = 5;
    unsigned gives_back_percent = 8;
    unsigned declined_percent = 10;
};

Plan draw_plan(std::uint64_t seed, Planted planted = Planted::none);

}  // namespace marketday::simulation
