#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "adapters/distributed/postgres_pool.hpp"
#include "adapters/distributed/postgres_session.hpp"
#include "base/async/asio_executor.hpp"
#include "base/result.hpp"
#include "ports/freshness.hpp"

namespace marketday::adapters {

class PostgresReplicas;

/// How work on the database ended when it is not done. Translated by each adapter (to_port).
enum class PostgresFailure : std::uint8_t {
    unavailable,      // nothing happened
    outcome_unknown,  // its commit was sent and never answered
};

namespace detail {
template <class T>
struct TaskValue;
template <class T>
struct TaskValue<Task<T>> {
    using type = T;
};
}  // namespace detail

/// A site's PostgreSQL database: a primary, and replicas of it that answer what need not be read there (ADR 16). All
/// connections, and whatever works on them, live on one thread of its own; calls come
/// from any thread's tasks and resume on their executor, so that no lock waits for a busy shop. Operators have
/// connections of their own and never wait behind shoppers.
class PostgresDatabase final : public ports::WriteHistory {
public:
    struct Options {
        std::string url{};
        std::size_t connections = 8;           // for shoppers and jobs
        std::size_t operator_connections = 2;  // for operators
        std::size_t processes = 1;             // that share the database: the sum of their pools must fit
        std::vector<std::string> replicas{};   // URLs
        std::size_t replica_connections = 4;   // to each, beside one that asks how far it is
        milliseconds lag_max{1000};            // of a replica that may answer
        milliseconds deadline{8000};           // of one piece of work, the wait for a connection included
        std::function<Task<void>(PostgresSession&)> at_start{};  // in one transaction, after the migrations
    };
    enum class Priority : std::uint8_t { operators, shoppers };
    template <class T>
    using Written = Result<T, PostgresFailure>;

    /// Connects, applies the migrations, and checks that the pools of all processes fit in what the server allows.
    /// Throws std::runtime_error with what to do.
    explicit PostgresDatabase(Options options);
    ~PostgresDatabase() override;
    PostgresDatabase(const PostgresDatabase&) = delete;
    PostgresDatabase& operator=(const PostgresDatabase&) = delete;
    /// Ends the thread; work that is under way never answers. Before the executors of whoever waits are ended.
    void stop();

    /// Runs `work(session, args…)`, a coroutine, in a transaction and resumes after its commit. `work` throws
    /// PostgresError to undo it. It may run again when the server asks for it (a deadlock, a concurrent insert of the
    /// same key) or when its connection turns out to be dead: nothing has happened then. Arguments are referred to, not
    /// copied. `work` captures nothing.
    template <class F, class... Args>
    auto write(Priority priority, F work, const Args&... args) {
        return perform(priority, PostgresSession::Mode::transaction, ports::Freshness::strict(), work, args...);
    }
    /// Statements without a transaction, for reads of one statement and for work that ends with one `commit_with`.
    template <class F, class... Args>
    auto single(Priority priority, F work, const Args&... args) {
        return perform(priority, PostgresSession::Mode::single, ports::Freshness::strict(), work, args...);
    }
    template <class F, class... Args>
    auto read(F work, const Args&... args) {
        return perform(Priority::shoppers, PostgresSession::Mode::single, ports::Freshness::strict(), work, args...);
    }
    /// Reads of several statements that see one moment.
    template <class F, class... Args>
    auto read_snapshot(F work, const Args&... args) {
        return perform(Priority::shoppers, PostgresSession::Mode::snapshot, ports::Freshness::strict(), work, args...);
    }
    /// The same where what is read may come from a replica that is as fresh as `freshness` says. One that does not
    /// answer is left out, and the read goes on to the next one or to the primary.
    template <class F, class... Args>
    auto read_at(ports::Freshness freshness, F work, const Args&... args) {
        return perform(Priority::shoppers, PostgresSession::Mode::single, freshness, work, args...);
    }
    template <class F, class... Args>
    auto read_snapshot_at(ports::Freshness freshness, F work, const Args&... args) {
        return perform(Priority::shoppers, PostgresSession::Mode::snapshot, freshness, work, args...);
    }

    /// Zero without replicas: every read sees every write.
    ports::Position newest() const override;
    Task<std::optional<ports::Position>> ask() override;
    /// Null without replicas.
    const PostgresReplicas* replicas() const { return replicas_.get(); }

    /// Commits a change that means nothing, to tell how the database is now.
    Task<Written<bool>> try_writing();

    const PostgresPool::Figures& figures(Priority priority) const { return pool(priority).figures(); }
    struct Figures {
        std::atomic<std::uint64_t> done{0};
        std::atomic<std::uint64_t> again{0};  // pieces of work that were run once more
        std::atomic<std::uint64_t> failed{0};
        std::atomic<std::uint64_t> unknown{0};
        std::atomic<bool> failing{false};  // the last piece of work met no database that answers
    };
    const Figures& figures() const { return figures_; }
    /// Tasks of the database's own thread.
    Executor& executor() { return *executor_; }

private:
    struct Work {
        virtual ~Work() = default;
        virtual Task<void> run(PostgresSession& session) = 0;
    };
    template <class F, class T, class... Args>
    struct WorkOf final : Work {
        explicit WorkOf(F work_of, const Args&... args_of) : work(work_of), args(args_of...) {}
        Task<void> run(PostgresSession& session) override {
            auto task = std::apply([&](const Args&... given) { return work(session, given...); }, args);
            value.emplace(co_await std::move(task));
        }
        F work;
        std::tuple<const Args&...> args;
        std::optional<T> value;
    };
    struct Tried {
        std::optional<PostgresFailure> failure;
        bool again = false;
        bool no_database = false;
        bool committed = false;
    };

    template <class F, class... Args>
    auto perform(Priority priority, PostgresSession::Mode mode, ports::Freshness freshness, F work, const Args&... args)
        -> Task<Written<typename detail::TaskValue<std::invoke_result_t<F&, PostgresSession&, const Args&...>>::type>> {
        using T = typename detail::TaskValue<std::invoke_result_t<F&, PostgresSession&, const Args&...>>::type;
        WorkOf<F, T, Args...> given(work, args...);
        Trace* const trace = current_trace();
        const Instant begun = std::chrono::steady_clock::now();
        const auto failure = co_await suspend_for<std::optional<PostgresFailure>>(
            [this, priority, mode, freshness, &given](Resumer<std::optional<PostgresFailure>> resume) {
                spawn(*executor_, "postgres", drive(priority, mode, freshness, &given, resume));
            });
        if (trace != nullptr) trace->add("store", begun, std::chrono::steady_clock::now());
        if (failure) co_return fail(*failure);
        co_return std::move(*given.value);
    }

    Task<void> drive(Priority priority, PostgresSession::Mode mode, ports::Freshness freshness, Work* work,
                     Resumer<std::optional<PostgresFailure>> resume);
    Task<bool> try_replicas(ports::Freshness freshness, PostgresSession::Mode mode, Work* work, Instant deadline,
                            bool primary_gone);
    Task<Tried> try_once(Priority priority, PostgresSession::Mode mode, Work* work, Instant deadline);
    static Task<std::optional<PostgresError>> run_once(PostgresConnection& connection, PostgresSession::Mode mode,
                                                       Work* work, Instant deadline, bool* commit_was_sent);
    Task<void> begin(std::optional<std::string>* failure);
    Task<void> keep_partitions();
    const PostgresPool& pool(Priority priority) const { return *pools_[static_cast<std::size_t>(priority)]; }

    struct Loop;
    Options options_;
    Figures figures_;
    std::unique_ptr<Loop> loop_;
    std::array<std::unique_ptr<PostgresPool>, 2> pools_;
    std::unique_ptr<PostgresReplicas> replicas_;
    std::unique_ptr<AsioExecutor> executor_;
    std::thread thread_;
};

/// A store's answer as a port gives it: every port's Error has these two ways not to be done.
template <class Error, class T>
Result<T, Error> to_port(PostgresDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case PostgresFailure::unavailable: return fail(Error::unavailable);
        case PostgresFailure::outcome_unknown: return fail(Error::outcome_unknown);
    }
    return fail(Error::outcome_unknown);
}

}  // namespace marketday::adapters
