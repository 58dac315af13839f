#include "tests/simulation/sim_database.hpp"

namespace marketday::simulation {

using adapters::SqliteConnection;
using adapters::SqliteError;
using adapters::StoreFailure;

constexpr std::uint64_t kGroupsBetweenCheckpoints = 40;

/// A write with what will become of it. Once the process that asked is dead, what it asked with is gone too, so neither
/// may be touched.
class SimDatabase::FatedWrite final : public Write {
public:
    FatedWrite(SimDatabase& database, std::unique_ptr<Write> inner, Fate fate)
        : database_(database),
          inner_(std::move(inner)),
          fate_(fate),
          asker_(ProcessExecutor::current()),
          life_(asker_ != nullptr ? asker_->life() : 0) {}

    Fate fate() const { return fate_; }

    void run(SqliteConnection& connection) override {
        if (!asker_lives()) throw SqliteError{SQLITE_ABORT, "whoever asked is dead"};
        inner_->run(connection);
        if (fate_ == Fate::unwritten) {
            database_.forget_mirrors();
            throw SqliteError{SQLITE_ABORT, "planted: forgotten before its commit"};
        }
    }

    void finish(std::optional<StoreFailure> failure) override {
        if (fate_ == Fate::unwritten && failure) failure.reset();
        if (fate_ == Fate::lost_back) failure = StoreFailure::outcome_unknown;
        const auto when = database_.process_.now() + database_.delay();
        auto kept = std::make_unique<FatedWrite>(std::move(*this));
        database_.process_.at(when, [write = std::move(kept), failure] {
            if (write->asker_lives()) write->inner_->finish(failure);
        });
    }

private:
    bool asker_lives() const { return asker_ == nullptr || asker_->life() == life_; }

    SimDatabase& database_;
    std::unique_ptr<Write> inner_;
    Fate fate_;
    ProcessExecutor* asker_;
    std::uint64_t life_;
};

SimDatabase::SimDatabase(ProcessExecutor& process, Random& random, Chronicle& chronicle, Options options)
    : SqliteDatabase(std::move(options), WithoutThreads{}),
      process_(process),
      random_(random),
      chronicle_(chronicle),
      broken_(":memory:", SqliteConnection::Mode::read_write, 64) {}

milliseconds SimDatabase::delay() {
    const bool slow = random_.below(100) < faults_.slow_percent;
    const auto most = slow ? faults_.slow_max : faults_.usual_max;
    return milliseconds{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

SimDatabase::Fate SimDatabase::draw() {
    auto luck = random_.below(100);
    const auto falls_to = [&luck](unsigned percent) {
        if (luck < percent) return true;
        luck -= percent;
        return false;
    };
    if (falls_to(faults_.refused_percent)) return Fate::refused;
    if (falls_to(faults_.lost_there_percent)) return Fate::lost_there;
    if (falls_to(faults_.lost_back_percent)) return Fate::lost_back;
    if (falls_to(acknowledges_unwritten_percent)) return Fate::unwritten;
    return Fate::done;
}

void SimDatabase::enqueue(Priority priority, std::unique_ptr<Write> write) {
    const Fate fate = draw();
    auto fated = std::make_unique<FatedWrite>(*this, std::move(write), fate);
    process_.at(process_.now() + delay(),
                [this, priority, kept = std::move(fated)]() mutable { take(priority, std::move(kept)); });
}

void SimDatabase::take(Priority priority, std::unique_ptr<FatedWrite> write) {
    switch (write->fate()) {
        case Fate::refused:
            chronicle_.fault("the store refuses a write");
            write->finish(StoreFailure::unavailable);
            return;
        case Fate::lost_there:
            chronicle_.fault("a write is lost on its way to the store");
            write->finish(StoreFailure::outcome_unknown);
            return;
        case Fate::lost_back: chronicle_.fault("the answer to a write is lost"); break;
        case Fate::unwritten: chronicle_.fault("planted: a write is acknowledged and not done"); break;
        case Fate::done: break;
    }
    SqliteDatabase::enqueue(priority, std::move(write));
    if (!std::exchange(turn_asked_, true)) process_.soon([this] { commit_soon(); });
}

void SimDatabase::commit_soon() {
    turn_asked_ = false;
    if (before_group) before_group(writer());
    const auto rollbacks = figures().rollbacks.load();
    if (!commit_waiting()) return;
    ++groups_;
    // What the checkpointer's thread does beside: the log is copied into the file, and begun anew.
    if (random_.below(kGroupsBetweenCheckpoints) == 0)
        sqlite3_wal_checkpoint_v2(writer().handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (figures().rollbacks != rollbacks) chronicle_.fault("the disk fails a group of writes");
    if (after_group) after_group(writer());
}

bool SimDatabase::submit_read(std::move_only_function<void(SqliteConnection&)> job) {
    ProcessExecutor* const asker = ProcessExecutor::current();
    const std::uint64_t life = asker != nullptr ? asker->life() : 0;
    const bool fails = random_.below(100) < faults_.reads_fail_percent;
    process_.at(process_.now() + delay(), [this, asker, life, fails, work = std::move(job)]() mutable {
        if (asker != nullptr && asker->life() != life) return;
        if (fails) chronicle_.fault("the store fails a read");
        work(fails ? broken_ : writer());
    });
    return true;
}

}  // namespace marketday::simulation
