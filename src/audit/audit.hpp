#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "audit/report.hpp"
#include "base/result.hpp"

namespace marketday::audit {

struct Options {
    /// A site's database, DIR/marketday.db of `serve --data DIR`.
    std::filesystem::path database;
    /// history.jsonl files of crowds that shopped there.
    std::vector<std::filesystem::path> histories = {};
    /// The shop is at rest: nothing may be pending any more.
    bool at_rest = false;
};

/// Checks what DESIGN.md section 5 says must always hold, as far as one site's stored data and its shoppers' history can
/// tell. Reads one moment of the database, beside a running server, with SQL of its own, and changes nothing. Blocks for
/// about a second a million ledger entries; call it from a pool's thread. The error is one line that says what cannot
/// be read.
Result<Report, std::string> run(const Options& options);

/// The file itself and its ledger only: what a backup must pass. The same errors.
Result<Report, std::string> run_ledger_only(const std::filesystem::path& database);

}  // namespace marketday::audit
