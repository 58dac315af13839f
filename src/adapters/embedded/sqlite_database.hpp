#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/async/blocking.hpp"
#include "base/async/wait.hpp"
#include "base/memory_reserve.hpp"
#include "base/result.hpp"

namespace marketday::adapters {

/// How a write ended, as SQLite can tell.
enum class StoreFailure : std::uint8_t {
    unavailable,      // rolled back, or never begun: nothing happened
    outcome_unknown,  // COMMIT itself failed (disk error): perhaps durable, perhaps not
    full,             // the queue is full or the disk is: nothing happened
};

/// One SQLite file in WAL mode with synchronous=FULL: one writer thread, a pool of readers. All adapters of the
/// embedded family share it. Writes that wait while a transaction runs are committed together in the next one (natural
/// group commit), each inside a savepoint of its own, so a failing one takes nobody with it; operators' writes go
/// first.
class SqliteDatabase {
public:
    enum class Priority : std::uint8_t { operators, shoppers };

    struct Options {
        std::filesystem::path file;
        std::size_t readers = 2;
        std::size_t writes_waiting_max = 10'000;
        std::size_t group_writes_max = 512;
        std::int64_t cache_kib = 64 * 1024;  // of the writer; readers take a quarter
        /// Run once in a transaction before anything else, after the migrations: e.g. begin_ledger_epoch.
        std::function<void(SqliteConnection&)> at_start;
    };

    /// Opens or creates the file, checks it, applies migrations. Throws std::runtime_error with one line that says what
    /// to do: newer than the program, corrupted, read-only, locked by another server.
    explicit SqliteDatabase(Options options);
    /// Finishes what has been taken, then stops.
    virtual ~SqliteDatabase();
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;
    /// The same, before the end of its life: ends its threads. Takes nothing more.
    void stop();

    template <class T>
    using Written = Result<T, StoreFailure>;

    /// Runs `work(connection)` in the writer thread within a group's transaction and resumes after its COMMIT. `work`
    /// throws SqliteError to undo only itself (StoreFailure::unavailable). It must own what it touches or outlive the
    /// database, and must not fail half-way by any other way.
    template <class F, class T = std::invoke_result_t<F&, SqliteConnection&>>
    Task<Written<T>> write(Priority priority, F work) {
        using Outcome = Written<T>;
        Trace* const trace = current_trace();
        const Instant begun = trace != nullptr ? std::chrono::steady_clock::now() : Instant{};
        Outcome outcome = co_await suspend_for<Outcome>([this, priority, &work](Resumer<Outcome> resume) {
            enqueue(priority, std::make_unique<WriteOf<F, T>>(work, resume));
        });
        if (trace != nullptr) trace->add("store write", begun, std::chrono::steady_clock::now());
        co_return std::move(outcome);
    }

    /// Runs `work(connection)` on a reader's connection: a snapshot that holds every committed write. What it throws
    /// ends only it (StoreFailure::unavailable).
    template <class F, class T = std::invoke_result_t<F&, SqliteConnection&>>
    Task<Written<T>> read(F work) {
        using Outcome = Written<T>;
        Trace* const trace = current_trace();
        const Instant begun = trace != nullptr ? std::chrono::steady_clock::now() : Instant{};
        Outcome outcome = co_await suspend_for<Outcome>([this, &work](Resumer<Outcome> resume) {
            const bool taken =
                submit_read([resume, &work](SqliteConnection& connection) { resume(outcome_of<T>(connection, work)); });
            if (!taken) resume(Outcome{fail(StoreFailure::full)});
        });
        if (trace != nullptr) trace->add("store read", begun, std::chrono::steady_clock::now());
        co_return std::move(outcome);
    }

    /// Commits a change that means nothing, so that `figures().failing` tells how it is now.
    Task<Written<bool>> try_writing();

    /// Called in the writer thread after a rollback of a whole group: adapters that mirror rows in memory forget them.
    void on_rollback(std::function<void()> forget) { forget_.push_back(std::move(forget)); }

    /// Copies the database while writes go on. Blocks; call it from a pool's thread.
    void backup_to(const std::filesystem::path& target);

    struct Figures {
        std::atomic<std::uint64_t> commits{0};
        std::atomic<std::uint64_t> writes{0};
        std::atomic<std::uint64_t> commit_ns{0};
        std::atomic<std::uint64_t> rollbacks{0};
        std::atomic<std::size_t> waiting{0};
        std::atomic<bool> writing{false};
        std::atomic<std::uint64_t> reads{0};
        std::atomic<std::uint64_t> read_ns{0};  // in readers, without the wait for one
        std::atomic<std::size_t> reads_waiting{0};
        std::atomic<std::size_t> readers_busy{0};
        /// SQLite's code of what kept the last group from being written whole: a full disk, an error of the disk, a
        /// file that cannot be written. 0: nothing did.
        std::atomic<int> failing{0};
    };
    const Figures& figures() const { return figures_; }

protected:
    // For a simulation, which does on its one thread, when it likes, what the threads do here: the same groups, the
    // same transactions, the same answers.
    struct WithoutThreads {};
    /// Opens the same way, but begins no thread and takes no lock on the directory.
    SqliteDatabase(Options options, WithoutThreads);

    struct Write {
        virtual ~Write() = default;
        virtual void run(SqliteConnection& connection) = 0;  // may throw SqliteError
        virtual void finish(std::optional<StoreFailure> failure) = 0;
        bool failed = false;
    };
    virtual void enqueue(Priority priority, std::unique_ptr<Write> write);
    virtual bool submit_read(std::move_only_function<void(SqliteConnection&)> job);
    /// Commits one group of what waits: a turn of the writer. False when nothing waited.
    bool commit_waiting();
    /// What mirrors rows in memory forgets them.
    void forget_mirrors();
    SqliteConnection& writer() { return *writer_; }

private:
    template <class F, class T>
    struct WriteOf final : Write {
        F& work;  // lives in the suspended coroutine's frame
        Resumer<Written<T>> resume;
        std::optional<T> value;
        WriteOf(F& w, Resumer<Written<T>> r) : work(w), resume(r) {}
        void run(SqliteConnection& connection) override { value.emplace(work(connection)); }
        void finish(std::optional<StoreFailure> failure) override {
            if (failure)
                resume(Written<T>{fail(*failure)});
            else
                resume(Written<T>{std::move(*value)});
        }
    };

    template <class T, class F>
    static Written<T> outcome_of(SqliteConnection& connection, F& work) {
        try {
            const GivesUp scope;
            return Written<T>{work(connection)};
        } catch (const std::exception& error) {
            report(error);
            return fail(StoreFailure::unavailable);
        }
    }

    void open();
    std::vector<std::unique_ptr<Write>> take_group();
    void run_writer();
    void run_write(Write& write, bool alone);
    void note_failure(const std::exception& error);
    void run_reader();
    void run_checkpointer();
    void commit_group(std::vector<std::unique_ptr<Write>>& group);
    static void report(const std::exception& error);

    int group_failure_ = 0;  // of the group being written; the writer's own
    Options options_;
    int lock_descriptor_ = -1;
    std::unique_ptr<SqliteConnection> writer_;
    std::vector<std::function<void()>> forget_;
    Figures figures_;

    std::mutex write_mutex_;
    std::condition_variable write_wake_;
    std::array<std::deque<std::unique_ptr<Write>>, 2> writes_;
    bool stopping_ = false;

    std::mutex read_mutex_;
    std::condition_variable read_wake_;
    std::deque<std::move_only_function<void(SqliteConnection&)>> reads_;
    bool reads_stopping_ = false;

    std::mutex checkpoint_mutex_;
    std::condition_variable checkpoint_wake_;
    bool checkpoint_stopping_ = false;
    std::atomic<int> log_frames_{0};
    std::atomic<bool> restart_log_{false};

    std::vector<std::thread> reader_threads_;
    std::thread writer_thread_;
    std::thread checkpoint_thread_;
};

}  // namespace marketday::adapters
