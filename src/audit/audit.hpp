#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/report.hpp"
#include "base/result.hpp"

namespace marketday::audit {

/// How far an audit has come.
struct Progress {
    std::string_view doing;  // a literal: "the ledger's hashes"
    int step = 0;            // 1..steps
    int steps = 0;
    std::int64_t done = 0;  // entries of the ledger read in this step
    std::int64_t of = 0;    // 0: not counted in this step
};

struct Options {
    /// A site's database: DIR/marketday.db of `serve --data DIR`, or the postgres:// URL of `serve --database`.
    std::string database;
    /// history.jsonl files of crowds that shopped there.
    std::vector<std::filesystem::path> histories = {};
    /// The shop is at rest: nothing may be pending any more.
    bool at_rest = false;
    /// Told of progress, from the thread that runs the audit, a few times a second at most.
    std::function<void(const Progress&)> tell = {};
    /// Set by another thread: the audit ends soon, with an error.
    const std::atomic<bool>* stop = nullptr;
};

/// Checks what DESIGN.md section 5 says must always hold, as far as one site's stored data and its shoppers' history
/// can tell. Reads one moment of the database, beside a running server, with SQL of its own, and changes nothing.
/// Blocks for about a second a million ledger entries; call it from a pool's thread. The error is one line that says
/// what cannot be read.
Result<Report, std::string> run(const Options& options);

/// The file itself and its ledger only: what a backup must pass. The same errors.
Result<Report, std::string> run_ledger_only(const std::string& database);

/// How far a sale has come, by a look at the counters alone: cheap enough to ask a hundred times a second.
struct Standing {
    std::int64_t reserved = 0;
    std::int64_t sold = 0;
    std::int64_t orders_paying = 0;
    std::int64_t outbox_pending = 0;
    std::int64_t refunds_owed = 0;
    /// Nothing is under way: what is so now stays so.
    bool settled() const { return reserved == 0 && orders_paying == 0 && outbox_pending == 0 && refunds_owed == 0; }
};
Result<Standing, std::string> look(const std::string& database);

}  // namespace marketday::audit
