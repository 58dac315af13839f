#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/async/sim_executor.hpp"
#include "domain/admission.hpp"
#include "tests/simulation/line_checker.hpp"
#include "tests/simulation/process_executor.hpp"
#include "tests/simulation/simulated_line_book.hpp"
#include "tests/simulation/simulated_sale.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::simulation {

/// A sale, its line and its shoppers on virtual time. The line is served by one process or by several, any of which
/// answers whatever is asked; each dies at any step of its tasks, and comes back with what was durable, or stands still
/// for a while. One seed, one run.
class LineWorld {
public:
    struct Plan {
        std::size_t shoppers = 60;
        std::int64_t units = 20;
        bool draw = true;
        unsigned processes = 1;
        unsigned crashes_max = 4;
        unsigned freeze_percent = 0;  // of the deaths: it stands still instead
        unsigned leave_percent = 5;
        SimulatedLineBook::Faults faults{};
    };
    LineWorld(std::uint64_t seed, Plan plan);
    ~LineWorld();

    /// Runs the whole sale; what was broken, empty when nothing was.
    std::vector<std::string> run();
    std::int64_t sold() const { return sale_.stock.sold; }
    std::size_t crashes() const { return crashes_; }

private:
    struct Shopper {
        CustomerId customer;
        enum class Doing { away, in_line, shopping, telling, paying, finished } doing = Doing::away;
        Instant next{};
        bool asked = false;  // waits for an answer of `server`
        std::size_t server = 0;
        std::string ticket;
        std::string admission;
        bool walks_away = false;
        bool leaves = false;
        bool told_waiting = false;  // by the last answer
    };
    /// A process that serves the line.
    struct Server {
        explicit Server(SimExecutor& world) : executor(world) {}
        ProcessExecutor executor;
        Instant frozen_until{};
        std::unique_ptr<SimulatedLineBook> book;
        std::unique_ptr<SimulatedLeases> leases;
        std::unique_ptr<SimulatedSale> orders;
        std::unique_ptr<usecases::StandInLine> line;
    };
    static Task<void> ask_join(LineWorld& world, Server& server, std::size_t who);
    static Task<void> ask_poll(LineWorld& world, Server& server, std::size_t who);
    static Task<void> ask_leave(LineWorld& world, Server& server, std::size_t who);
    static Task<void> ask_draw(LineWorld& world, Server& server, std::optional<domain::PublishedDraw>& draw);

    void start(std::size_t which);
    void kill(std::size_t which);
    void trouble(std::size_t which);
    /// Any process that runs, as a balancer would choose; null when none does.
    Server* any_server(Shopper& shopper);
    void tell_line(const Shopper& shopper, bool granted);
    void act(std::size_t who);
    void answered(std::size_t who, const Result<usecases::StandInLine::Standing, usecases::StandInLine::Error>& answer);
    void order(Shopper& shopper);
    void run_until(Instant when);
    void check_end();
    milliseconds about(std::int64_t ms) {
        return milliseconds{ms / 2 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(ms)))};
    }
    bool happens(unsigned percent) { return random_.below(100) < percent; }

    struct NoPressure final : usecases::CheckoutPressure {
        domain::Pressure pressure(SaleId) const override { return {}; }
    };

    SimExecutor executor_;
    SeededRandom random_;
    UuidSource uuids_{executor_, random_};
    Plan plan_;
    LineRows rows_;
    SaleRows sale_;
    NoPressure pressure_;
    Hash256 admission_key_{};
    std::uint64_t lives_ = 0;
    std::size_t crashes_ = 0;
    std::vector<std::unique_ptr<Server>> servers_;
    std::vector<Shopper> shoppers_;
    std::set<std::string> listed_tickets_;
    LineChecker checker_;
};

}  // namespace marketday::simulation
