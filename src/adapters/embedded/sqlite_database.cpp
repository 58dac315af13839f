#include "adapters/embedded/sqlite_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/embedded/migrations.hpp"
#include "base/log.hpp"
#include "base/memory_reserve.hpp"

namespace marketday::adapters {
namespace {

// The write-ahead log is counted in frames: a page and 24 bytes each. So many new ones are copied into the database by
// the checkpointer while writes go on; small portions, because the log's own fsync waits behind theirs.
constexpr int kCheckpointFrames = 1024;
// A longer log is begun anew: the writer copies what is left between two groups, which must be little, since all wait.
constexpr int kRestartFrames = 48 * 1024;
constexpr int kRestartLeftMax = 256;
constexpr int kRestartPasses = 20;  // of the checkpointer, to leave so little
// A whole check of a larger file would hold up the start; damage there is found when a page is read.
constexpr std::uintmax_t kQuickCheckBytesMax = 64ULL << 20;

int lock_directory(const std::filesystem::path& file) {
    const auto path = file.string() + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        throw std::runtime_error(fmt::format("cannot write {}: {}; make the data directory writable for this user",
                                             path, std::strerror(errno)));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor);
        throw std::runtime_error(
            fmt::format("{} is in use by another marketday process; stop that one, or give another --data directory",
                        file.parent_path().string()));
    }
    return descriptor;
}

bool is_damage(int code) { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }

void open_checked(SqliteConnection& writer, const std::filesystem::path& file) {
    writer.script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;");
    std::error_code not_there;  // A simulated disk's file: then there is nothing to measure.
    if (std::filesystem::file_size(file, not_there) <= kQuickCheckBytesMax) {
        auto check = writer.query("PRAGMA quick_check(1)");
        if (check.step() && check.text_view(0) != "ok") throw SqliteError{SQLITE_CORRUPT, check.text(0)};
    }
    migrate(writer);
}

}  // namespace

SqliteDatabase::SqliteDatabase(Options options, WithoutThreads) : options_(std::move(options)) { open(); }

void SqliteDatabase::open() {
    try {
        writer_ =
            std::make_unique<SqliteConnection>(options_.file, SqliteConnection::Mode::read_write, options_.cache_kib);
        open_checked(*writer_, options_.file);
        const auto count_frames = [](void* frames, sqlite3*, const char*, int count) {
            static_cast<std::atomic<int>*>(frames)->store(count, std::memory_order_relaxed);
            return SQLITE_OK;
        };
        sqlite3_wal_hook(writer_->handle(), count_frames, &log_frames_);
        if (options_.at_start) {
            writer_->script("BEGIN IMMEDIATE");
            options_.at_start(*writer_);
            writer_->script("COMMIT");
        }
    } catch (const SqliteError& error) {
        writer_.reset();
        if (is_damage(error.code))
            throw std::runtime_error(fmt::format(
                "{} is damaged; move the whole directory {} away and bring back the last backup with `marketday "
                "restore "
                "FILE --data {}`",
                options_.file.string(), options_.file.parent_path().string(), options_.file.parent_path().string()));
        throw std::runtime_error(fmt::format("cannot open {}: {}", options_.file.string(), error.what()));
    }
}

SqliteDatabase::SqliteDatabase(Options options) : options_(std::move(options)) {
    lock_descriptor_ = lock_directory(options_.file);
    try {
        open();
    } catch (...) {
        ::close(lock_descriptor_);
        throw;
    }
    writer_thread_ = std::thread([this] { run_writer(); });
    pthread_setname_np(writer_thread_.native_handle(), "sqlite-writer");
    for (std::size_t i = 0; i < options_.readers; ++i) {
        reader_threads_.emplace_back([this] { run_reader(); });
        pthread_setname_np(reader_threads_.back().native_handle(), "sqlite-reader");
    }
    checkpoint_thread_ = std::thread([this] { run_checkpointer(); });
    pthread_setname_np(checkpoint_thread_.native_handle(), "sqlite-ckpt");
}

SqliteDatabase::~SqliteDatabase() {
    stop();
    writer_.reset();
    if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
}

void SqliteDatabase::stop() {
    if (!writer_thread_.joinable()) return;
    {
        const std::scoped_lock lock(write_mutex_);
        stopping_ = true;
    }
    write_wake_.notify_all();
    writer_thread_.join();
    {
        const std::scoped_lock lock(read_mutex_);
        reads_stopping_ = true;
    }
    read_wake_.notify_all();
    for (auto& thread : reader_threads_) thread.join();
    {
        const std::scoped_lock lock(checkpoint_mutex_);
        checkpoint_stopping_ = true;
    }
    checkpoint_wake_.notify_all();
    checkpoint_thread_.join();
}

Task<SqliteDatabase::Written<bool>> SqliteDatabase::try_writing() {
    // Nobody reads this number, but setting it writes a page.
    auto work = [](SqliteConnection& connection) {
        connection.script("PRAGMA user_version=1");
        return true;
    };
    auto written = co_await write(Priority::operators, std::move(work));
    co_return written;
}

void SqliteDatabase::enqueue(Priority priority, std::unique_ptr<Write> write) {
    {
        const std::scoped_lock lock(write_mutex_);
        auto& queue = writes_[static_cast<std::size_t>(priority)];
        if (!stopping_ && queue.size() < options_.writes_waiting_max) {
            queue.push_back(std::move(write));
            figures_.waiting = writes_[0].size() + writes_[1].size();
            write_wake_.notify_one();
            return;
        }
    }
    write->finish(StoreFailure::full);
}

bool SqliteDatabase::submit_read(std::move_only_function<void(SqliteConnection&)> job) {
    {
        const std::scoped_lock lock(read_mutex_);
        if (reads_stopping_ || reads_.size() >= options_.writes_waiting_max) return false;
        reads_.push_back(std::move(job));
        figures_.reads_waiting = reads_.size();
    }
    read_wake_.notify_one();
    return true;
}

std::vector<std::unique_ptr<SqliteDatabase::Write>> SqliteDatabase::take_group() {
    std::vector<std::unique_ptr<Write>> group;
    for (auto& queue : writes_) {
        while (!queue.empty() && group.size() < options_.group_writes_max) {
            group.push_back(std::move(queue.front()));
            queue.pop_front();
        }
    }
    figures_.waiting = writes_[0].size() + writes_[1].size();
    return group;
}

bool SqliteDatabase::commit_waiting() {
    auto group = take_group();
    if (group.empty()) return false;
    commit_group(group);
    return true;
}

void SqliteDatabase::forget_mirrors() {
    for (const auto& forget : forget_) forget();
}

void SqliteDatabase::run_writer() {
    while (true) {
        std::vector<std::unique_ptr<Write>> group;
        {
            std::unique_lock lock(write_mutex_);
            write_wake_.wait(lock, [this] { return stopping_ || !writes_[0].empty() || !writes_[1].empty(); });
            group = take_group();
            if (group.empty()) return;  // Stopping, and everything taken is done.
        }
        commit_group(group);
        if (restart_log_.exchange(false))
            sqlite3_wal_checkpoint_v2(writer_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        MemoryReserve::refill();
    }
}

void SqliteDatabase::run_write(Write& write, bool alone) {
    if (!alone) writer_->run("SAVEPOINT one_write");
    try {
        write.run(*writer_);
        if (!alone) writer_->run("RELEASE one_write");
    } catch (const std::exception& error) {
        report(error);
        note_failure(error);
        write.failed = true;
        // A full disk may have undone the whole transaction already.
        if (!alone && sqlite3_get_autocommit(writer_->handle()) == 0) {
            writer_->run("ROLLBACK TO one_write");
            writer_->run("RELEASE one_write");
        }
    }
}

void SqliteDatabase::commit_group(std::vector<std::unique_ptr<Write>>& group) {
    const auto begun = std::chrono::steady_clock::now();
    figures_.writing = true;
    group_failure_ = 0;
    std::optional<StoreFailure> failure;
    bool committing = false;
    try {
        writer_->run("BEGIN IMMEDIATE");
        const bool alone = group.size() == 1;
        for (auto& write : group) {
            run_write(*write, alone);
            if (sqlite3_get_autocommit(writer_->handle()) != 0)
                throw SqliteError{SQLITE_FULL, "the transaction was undone by a failing write"};
        }
        if (alone && group[0]->failed) {
            writer_->run("ROLLBACK");
        } else {
            committing = true;
            writer_->run("COMMIT");
        }
    } catch (const SqliteError& error) {
        report(error);
        note_failure(error);
        // The log's frames may have reached the disk when their fsync failed; only a write that found no room is
        // certain.
        const bool certain = !committing || (error.code & 0xff) == SQLITE_FULL || (error.code & 0xff) == SQLITE_BUSY;
        failure = certain ? StoreFailure::unavailable : StoreFailure::outcome_unknown;
        if (sqlite3_get_autocommit(writer_->handle()) == 0) {
            try {
                writer_->run("ROLLBACK");
            } catch (const SqliteError& again) {
                report(again);
            }
        }
        forget_mirrors();
        ++figures_.rollbacks;
    }
    ++figures_.commits;
    figures_.writes += group.size();
    figures_.commit_ns += static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begun).count());
    figures_.failing = group_failure_;
    figures_.writing = false;
    for (auto& write : group) {
        if (failure)
            write->finish(failure);
        else if (write->failed)
            write->finish(StoreFailure::unavailable);
        else
            write->finish(std::nullopt);
    }
}

void SqliteDatabase::note_failure(const std::exception& error) {
    const auto* from_sqlite = dynamic_cast<const SqliteError*>(&error);
    if (from_sqlite == nullptr) return;
    switch (from_sqlite->code & 0xff) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: group_failure_ = from_sqlite->code & 0xff; break;
        default: break;  // The write's own fault.
    }
}

void SqliteDatabase::run_reader() {
    SqliteConnection connection(options_.file, SqliteConnection::Mode::read_only, options_.cache_kib / 4);
    while (true) {
        std::move_only_function<void(SqliteConnection&)> job;
        {
            std::unique_lock lock(read_mutex_);
            read_wake_.wait(lock, [this] { return reads_stopping_ || !reads_.empty(); });
            if (reads_.empty()) return;
            job = std::move(reads_.front());
            reads_.pop_front();
            figures_.reads_waiting = reads_.size();
        }
        ++figures_.readers_busy;
        const auto begun = std::chrono::steady_clock::now();
        job(connection);
        figures_.read_ns += static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begun).count());
        ++figures_.reads;
        --figures_.readers_busy;
        MemoryReserve::refill();
    }
}

void SqliteDatabase::run_checkpointer() {
    SqliteConnection connection(options_.file, SqliteConnection::Mode::read_write, 1024);
    int copied = 0;
    int restart_at = 0;
    // How many frames there were to copy.
    const auto pass = [&connection, &copied] {
        int frames = 0;
        const int before = copied;
        sqlite3_wal_checkpoint_v2(connection.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
        return frames - before;
    };
    while (true) {
        {
            std::unique_lock lock(checkpoint_mutex_);
            if (checkpoint_wake_.wait_for(lock, milliseconds{50}, [this] { return checkpoint_stopping_; })) return;
        }
        const int frames = log_frames_;
        if (frames < copied) copied = restart_at = 0;  // The log was begun anew.
        if (frames - copied < kCheckpointFrames) continue;
        int left = pass();
        if (frames < kRestartFrames || frames < restart_at) continue;
        for (int i = 1; i < kRestartPasses && left > kRestartLeftMax; ++i) left = pass();
        restart_log_ = true;
        restart_at = frames + kRestartFrames / 8;  // Not at once again, when a long read keeps the log from it.
    }
}

void SqliteDatabase::backup_to(const std::filesystem::path& target) {
    SqliteConnection source(options_.file, SqliteConnection::Mode::read_only, 1024);
    SqliteConnection copy(target, SqliteConnection::Mode::read_write, 1024);
    sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
    if (backup == nullptr) throw SqliteError{sqlite3_errcode(copy.handle()), sqlite3_errmsg(copy.handle())};
    // One step: the read transaction that it holds makes the copy one moment's; writers go on beside it.
    const int code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) throw SqliteError{code, fmt::format("the copy failed: {}", sqlite3_errstr(code))};
}

void SqliteDatabase::report(const std::exception& error) {
    const auto* from_sqlite = dynamic_cast<const SqliteError*>(&error);
    log::error("store.failed", {{"code", from_sqlite != nullptr ? from_sqlite->code : 0}, {"reason", error.what()}});
}

}  // namespace marketday::adapters
