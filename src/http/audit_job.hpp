#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/async/blocking.hpp"
#include "base/time.hpp"

namespace marketday::http {

/// The audit of the running shop: one at a time, as long as it takes, on a thread of its own; what the last one found
/// is kept until the next has ended. Thread-safe.
class AuditJob {
public:
    /// `database` is the site's file or URL (audit::Options), read beside its writers; `pool` and `clock` live longer
    /// than the audits that run.
    AuditJob(BlockingPool& pool, const Clock& clock, std::string database);
    /// An audit under way ends soon, without a result.
    ~AuditJob();

    /// Starts one; false when one is under way already.
    bool start();
    /// An audit under way ends soon, without a result; no other begins.
    void stop();

    /// {"audit":3,"state":"running","started_at":…,"doing":"the ledger","share":0.41,"problem":null,"last":{…}}:
    /// `state` is "none" before the first, "running", "done" or "failed"; `last` is what the last one found that ended.
    std::string json() const;

private:
    struct Shared;
    static void run(const std::shared_ptr<Shared>& shared);

    BlockingPool& pool_;
    std::shared_ptr<Shared> shared_;  // with the thread that runs one
};

}  // namespace marketday::http
