#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "crowd/checks.hpp"

namespace marketday::crowd {

/// One operation as a line of history.jsonl (without the line's end).
void append_history_line(std::string& out, const Plan& plan, const Names& names, const Record& record);

/// Writes summary.json, history.jsonl (by start) and report.html into options.report_dir, which is made when missing.
Result<bool, Trouble> write_report(const Plan& plan, std::span<const Journal> journals, const Report& report);

/// The self-contained page.
std::string report_page(const Report& report);

}  // namespace marketday::crowd
