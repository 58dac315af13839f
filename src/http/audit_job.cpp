#include "http/audit_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "audit/audit.hpp"
#include "base/log.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

/// Of the whole, 0 to 1: the ledger and the file are most of the work.
double share_of(const audit::Progress& progress) {
    if (progress.steps == 0) return 0;
    const double within =
        progress.of > 0 ? std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.of)) : 0;
    return (static_cast<double>(progress.step - 1) + within) / static_cast<double>(progress.steps);
}

}  // namespace

struct AuditJob::Shared {
    enum class State : std::uint8_t { none, running, done, failed };

    const Clock& clock;
    const std::string database;
    std::atomic<bool> stop{false};

    mutable std::mutex mutex{};
    int number = 0;
    State state = State::none;
    WallTime started_at{};
    audit::Progress progress{};
    std::string problem{};
    std::string last_json{};  // of the last that ended with a report

    std::string_view state_text() const {
        switch (state) {
            case State::none: return "none";
            case State::running: return "running";
            case State::done: return "done";
            case State::failed: return "failed";
        }
        return "none";
    }
};

AuditJob::AuditJob(BlockingPool& pool, const Clock& clock, std::string database)
    : pool_(pool), shared_(new Shared{.clock = clock, .database = std::move(database)}) {}

AuditJob::~AuditJob() { stop(); }

void AuditJob::stop() { shared_->stop = true; }

bool AuditJob::start() {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->state == Shared::State::running || shared_->stop) return false;
    if (!pool_.submit([shared = shared_] { run(shared); })) return false;
    ++shared_->number;
    shared_->state = Shared::State::running;
    shared_->started_at = shared_->clock.wall_now();
    shared_->progress = {};
    shared_->problem.clear();
    return true;
}

void AuditJob::run(const std::shared_ptr<Shared>& shared) {
    const auto tell = [&shared](const audit::Progress& progress) {
        const std::scoped_lock lock(shared->mutex);
        shared->progress = progress;
    };
    const auto report = audit::run({.database = shared->database, .tell = tell, .stop = &shared->stop});
    if (report && !report->holds()) log::error("audit.violated", {{"violations", report->violation_count()}});
    const std::string found = report ? report->to_json() : std::string{};

    const std::scoped_lock lock(shared->mutex);
    if (!report) {
        shared->state = Shared::State::failed;
        shared->problem = report.error();
        return;
    }
    const WallTime now = shared->clock.wall_now();
    std::string last = fmt::format(R"({{"audit":{},"started_at":)", shared->number);
    append_time(last, shared->started_at);
    last += ",\"finished_at\":";
    append_time(last, now);
    fmt::format_to(std::back_inserter(last), R"(,"took_ms":{},"report":{}}})", (now - shared->started_at).count(),
                   found);
    shared->last_json = std::move(last);
    shared->state = Shared::State::done;
}

std::string AuditJob::json() const {
    const std::scoped_lock lock(shared_->mutex);
    const bool running = shared_->state == Shared::State::running;
    std::string json =
        fmt::format(R"({{"audit":{},"state":"{}","started_at":)", shared_->number, shared_->state_text());
    if (shared_->number > 0)
        append_time(json, shared_->started_at);
    else
        json += "null";
    fmt::format_to(std::back_inserter(json), R"(,"doing":"{}","share":{:.3f},"problem":)",
                   running ? shared_->progress.doing : std::string_view{},
                   running ? share_of(shared_->progress) : (shared_->state == Shared::State::done ? 1.0 : 0.0));
    if (shared_->problem.empty())
        json += "null";
    else
        log::append_json_string(json, shared_->problem);
    json += ",\"last\":";
    json += shared_->last_json.empty() ? "null" : shared_->last_json;
    return json + '}';
}

}  // namespace marketday::http
