#pragma once

#include <string>
#include <string_view>

#include "ports/operators_log.hpp"

namespace marketday::cli {

/// The user of this machine who runs the program, by name; by number when there is none.
std::string local_user();

/// The beginning of an entry in the operators' log for what is done to a shop's files without its server: now, by
/// "local/USER", as the server calls those who come with the token of its machine. `details`: a JSON object.
ports::OperatorsLog::Entry local_deed(std::string_view operation, std::string details);

}  // namespace marketday::cli
