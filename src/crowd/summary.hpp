#pragma once

#include <span>
#include <string>

#include "crowd/checks.hpp"
#include "crowd/crowd.hpp"

namespace marketday::crowd {

/// Counts, rates, percentiles and slices out of the records.
void summarise(const Plan& plan, std::span<const Journal> journals, Report& report);

/// The object of summary.json; its fields are documented in docs/crowd.md.
std::string summary_json(const Report& report);

/// A few lines for a person.
std::string summary_text(const Report& report);

std::string_view to_string(Ending ending);

}  // namespace marketday::crowd
