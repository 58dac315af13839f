// marketday-sim: the whole shop on one thread, on virtual time, with everything going wrong, from seeds.

#include <unistd.h>

#include <atomic>
#include <csignal>

#include <CLI/CLI.hpp>
#include <thread>

#include "base/log.hpp"
#include "tests/simulation/many_seeds.hpp"

namespace marketday::simulation {
namespace {

std::atomic<bool> interrupted{false};

void show_progress(const SeedsDone& done) {
    fmt::print(stderr, "\r{} seeds, {:.1f} seeds/s, {} faults, {} deaths, {} orders ", done.seeds,
               static_cast<double>(done.seeds) / std::max(done.took_s, 1e-3), done.faults, done.deaths, done.orders);
}

void print_done(const SeedsDone& done, std::uint64_t from) {
    fmt::print("{} seeds from {}: {:.1f} s, {:.1f} seeds/s\n", done.seeds, from, done.took_s,
               static_cast<double>(done.seeds) / std::max(done.took_s, 1e-3));
    fmt::print("{:.1f} hours of the shop's time, {} shoppers, {} orders: {} paid, {} expired, {} refunded\n",
               done.virtual_s / 3600, done.shoppers, done.orders, done.paid, done.expired, done.refunded);
    fmt::print("{} faults, {} deaths, {} events; the slowest run was at rest after {:.0f} s\n", done.faults,
               done.deaths, done.events, done.virtual_s_max);
}

/// One seed with its timeline. 1 when something does not hold.
int replay(std::uint64_t seed, Planted planted) {
    const RunOutcome outcome = run_seed(seed, planted, true);
    fmt::print("seed {}: {} shoppers, {} orders, {} faults, {} deaths, {} events, hash {:016x}\n", seed,
               outcome.shoppers, outcome.orders, outcome.faults, outcome.deaths, outcome.events, outcome.hash);
    if (outcome.violation.empty()) {
        fmt::print("everything holds\n");
        return 0;
    }
    fmt::print("\n{}\nVIOLATED: {}\n", outcome.timeline, outcome.violation);
    return 1;
}

int print_planted(std::size_t jobs) {
    int missed = 0;
    fmt::print("{:<28} {:>8} {:>8}  found as\n", "planted fault", "seed", "within");
    for (const PlantedFault& fault : planted_faults()) {
        const SeedsDone done = run_seeds(
            {.from = 1, .count = fault.seeds_max, .time = {}, .jobs = jobs, .planted = fault.planted}, nullptr);
        if (!done.failed_seed) ++missed;
        fmt::print("{:<28} {:>8} {:>8}  {}\n", fault.name,
                   done.failed_seed ? std::to_string(*done.failed_seed) : std::string{"-"}, fault.seeds_max,
                   done.failed_seed ? done.violation : std::string{"NOT FOUND"});
        std::fflush(stdout);
    }
    return missed == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
    CLI::App app{
        "Runs the shop in simulation: one thread, virtual time, drawn faults. Ends with 1 at the first run in "
        "which something does not hold, and says how to repeat it."};
    std::uint64_t from = 1;
    std::uint64_t count = 0;
    double minutes = 0;
    std::size_t jobs = std::max(1U, std::thread::hardware_concurrency());
    std::string plant;
    bool planted_table = false;
    bool trace = false;
    app.add_option("--from", from, "the first seed");
    app.add_option("--count", count, "how many seeds; 2,000 unless --minutes is given");
    app.add_option("--minutes", minutes, "for how long")->check(CLI::PositiveNumber);
    app.add_option("--jobs", jobs, "processes at once")->check(CLI::Range(1, 256));
    app.add_option("--plant", plant, "a bug to plant; --planted lists them");
    app.add_flag("--planted", planted_table, "plant each bug in turn, and say which seed finds it");
    app.add_flag("--trace", trace, "run the first seed alone, with its timeline");
    CLI11_PARSE(app, argc, argv);
    log::set_level(log::Level::off);
    Planted planted = Planted::none;
    if (!plant.empty()) {
        const PlantedFault* const fault = planted_fault(plant);
        if (fault == nullptr) {
            fmt::print(stderr, "marketday-sim: there is no planted fault \"{}\"; --planted lists them\n", plant);
            return 2;
        }
        planted = fault->planted;
    }
    if (planted_table) return print_planted(jobs);
    if (trace) return replay(from, planted);

    SeedsWanted wanted{.from = from, .count = count, .time = {}, .jobs = jobs, .planted = planted};
    if (minutes > 0) wanted.time = std::chrono::duration<double>(minutes * 60);
    if (count == 0) wanted.count = minutes > 0 ? std::numeric_limits<std::uint32_t>::max() : 2000;
    wanted.stop = &interrupted;
    std::signal(SIGINT, [](int) { interrupted = true; });
    std::signal(SIGTERM, [](int) { interrupted = true; });
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    const SeedsDone done = run_seeds(wanted, terminal ? show_progress : std::function<void(const SeedsDone&)>{});
    if (terminal) fmt::print(stderr, "\r{:80}\r", "");
    print_done(done, from);
    if (!done.failed_seed) return 0;
    fmt::print("\nseed {} failed: {}\n\n", *done.failed_seed, done.violation);
    std::fflush(stdout);
    (void)replay(*done.failed_seed, planted);
    fmt::print("\nrepeat it with: marketday-sim --trace --from {}{}\n", *done.failed_seed,
               plant.empty() ? "" : " --plant " + plant);
    return 1;
}

}  // namespace
}  // namespace marketday::simulation

int main(int argc, char** argv) { return marketday::simulation::run(argc, argv); }
