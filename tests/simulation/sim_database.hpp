#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "tests/simulation/chronicle.hpp"
#include "tests/simulation/process_executor.hpp"

namespace marketday::simulation {

/// The real database, its real transactions and its real SQL, without threads, at the end of a bad line: calls are
/// slow, overtake each other, are refused, or are lost on the way there or back. Its file lies on a SimDisk.
class SimDatabase final : public adapters::SqliteDatabase {
public:
    struct Faults {
        unsigned refused_percent = 0;     // nothing happened, and the caller is told so
        unsigned lost_there_percent = 0;  // nothing happened, and nobody knows
        unsigned lost_back_percent = 0;   // it happened, and nobody knows
        unsigned reads_fail_percent = 0;
        unsigned slow_percent = 0;  // up to `slow_max`
        milliseconds usual_max{4};
        milliseconds slow_max{3'000};
    };
    /// What a planted fault does to one write that answers well: it never happened.
    unsigned acknowledges_unwritten_percent = 0;
    /// Called within each group's transaction before its writes, and after each group that was committed.
    std::function<void(adapters::SqliteConnection&)> before_group;
    std::function<void(adapters::SqliteConnection&)> after_group;

    /// `process` is the store's own: what it still has to do dies with it.
    SimDatabase(ProcessExecutor& process, Random& random, Chronicle& chronicle, Options options);
    void set_faults(Faults faults) { faults_ = faults; }

    /// Between two groups: what is committed.
    adapters::SqliteConnection& connection() { return writer(); }
    void forget() { forget_mirrors(); }
    std::uint64_t groups() const { return groups_; }

protected:
    void enqueue(Priority priority, std::unique_ptr<Write> write) override;
    bool submit_read(std::move_only_function<void(adapters::SqliteConnection&)> job) override;

private:
    enum class Fate : std::uint8_t { done, refused, lost_there, lost_back, unwritten };
    class FatedWrite;

    Fate draw();
    milliseconds delay();
    void take(Priority priority, std::unique_ptr<FatedWrite> write);
    void commit_soon();

    ProcessExecutor& process_;
    Random& random_;
    Chronicle& chronicle_;
    Faults faults_;
    adapters::SqliteConnection broken_;  // every statement fails on it
    bool turn_asked_ = false;
    std::uint64_t groups_ = 0;
};

}  // namespace marketday::simulation
