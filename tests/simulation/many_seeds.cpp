#include "tests/simulation/many_seeds.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "base/assert.hpp"

namespace marketday::simulation {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// One seed's end, through a pipe: written whole (it is smaller than PIPE_BUF).
struct Told {
    std::uint64_t seed;
    std::uint64_t hash;
    std::uint64_t events;
    std::uint64_t faults;
    std::uint64_t deaths;
    std::uint64_t shoppers;
    std::int64_t orders;
    std::int64_t paid;
    std::int64_t expired;
    std::int64_t refunded;
    double virtual_s;
    std::array<char, 512> violation;
};

struct Worker {
    pid_t pid = -1;
    int pipe = -1;
};

[[noreturn]] void work(const SeedsWanted& wanted, std::size_t index, int pipe, std::uint64_t* current,
                       SteadyClock::time_point begun) {
    for (std::uint64_t i = index; i < wanted.count; i += wanted.jobs) {
        if (wanted.time && SteadyClock::now() - begun > *wanted.time) break;
        *current = wanted.from + i;
        const RunOutcome outcome = run_seed(wanted.from + i, wanted.planted, false);
        Told told{};
        told.seed = wanted.from + i;
        told.hash = outcome.hash;
        told.events = outcome.events;
        told.faults = outcome.faults;
        told.deaths = outcome.deaths;
        told.shoppers = outcome.shoppers;
        told.orders = outcome.orders;
        told.paid = outcome.paid;
        told.expired = outcome.expired;
        told.refunded = outcome.refunded;
        told.virtual_s = outcome.virtual_s;
        std::strncpy(told.violation.data(), outcome.violation.c_str(), told.violation.size() - 1);
        if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(1);
        if (!outcome.violation.empty()) break;
    }
    ::_exit(0);
}

void add(SeedsDone& done, const Told& told) {
    ++done.seeds;
    done.events += told.events;
    done.faults += told.faults;
    done.deaths += told.deaths;
    done.shoppers += told.shoppers;
    done.orders += static_cast<std::uint64_t>(told.orders);
    done.paid += static_cast<std::uint64_t>(told.paid);
    done.expired += static_cast<std::uint64_t>(told.expired);
    done.refunded += static_cast<std::uint64_t>(told.refunded);
    done.hash += told.hash * (2 * told.seed + 1);
    done.virtual_s += told.virtual_s;
    done.virtual_s_max = std::max(done.virtual_s_max, told.virtual_s);
}

void note_failure(SeedsDone& done, std::uint64_t seed, std::string violation) {
    if (done.failed_seed && *done.failed_seed < seed) return;
    done.failed_seed = seed;
    done.violation = std::move(violation);
}

}  // namespace

SeedsDone run_seeds(const SeedsWanted& wanted, const std::function<void(const SeedsDone&)>& progress) {
    MD_ASSERT(wanted.jobs > 0);
    const auto begun = SteadyClock::now();
    auto* current = static_cast<std::uint64_t*>(::mmap(nullptr, wanted.jobs * sizeof(std::uint64_t),
                                                       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    MD_ASSERT(current != MAP_FAILED);
    std::vector<Worker> workers(wanted.jobs);
    for (std::size_t i = 0; i < workers.size(); ++i) {
        int ends[2];
        const int made = ::pipe(ends);
        MD_ASSERT(made == 0);
        workers[i].pid = ::fork();
        MD_ASSERT(workers[i].pid >= 0);
        if (workers[i].pid == 0) {
            ::close(ends[0]);
            work(wanted, i, ends[1], current + i, begun);
        }
        ::close(ends[1]);
        workers[i].pipe = ends[0];
    }
    SeedsDone done;
    auto told_at = begun;
    std::size_t open = workers.size();
    while (open > 0) {
        std::vector<pollfd> waiting;
        for (const Worker& worker : workers) waiting.push_back({worker.pipe, POLLIN, 0});
        ::poll(waiting.data(), waiting.size(), 200);
        for (std::size_t i = 0; i < workers.size(); ++i) {
            if (workers[i].pipe < 0 || waiting[i].revents == 0) continue;
            Told told{};
            if (::read(workers[i].pipe, &told, sizeof told) == sizeof told) {
                add(done, told);
                if (told.violation[0] != 0) note_failure(done, told.seed, told.violation.data());
                continue;
            }
            ::close(workers[i].pipe);
            workers[i].pipe = -1;
            --open;
            int status = 0;
            ::waitpid(workers[i].pid, &status, 0);
            if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
                note_failure(done, current[i],
                             WIFSIGNALED(status) ? fmt::format("the shop died of signal {}", WTERMSIG(status))
                                                 : fmt::format("the shop ended with {}", WEXITSTATUS(status)));
        }
        const auto now = SteadyClock::now();
        done.took_s = std::chrono::duration<double>(now - begun).count();
        if (progress && now - told_at > std::chrono::milliseconds{300}) {
            told_at = now;
            progress(done);
        }
        const bool stopped = wanted.stop != nullptr && wanted.stop->load();
        if (!done.failed_seed && !stopped) continue;
        // Others may be at a lower seed still, but one failure is enough to work on.
        for (Worker& worker : workers) {
            if (worker.pipe < 0) continue;
            ::kill(worker.pid, SIGKILL);
            ::close(worker.pipe);
            ::waitpid(worker.pid, nullptr, 0);
        }
        break;
    }
    ::munmap(current, wanted.jobs * sizeof(std::uint64_t));
    return done;
}

}  // namespace marketday::simulation
