#include "cli/local_deed.hpp"

#include <pwd.h>
#include <unistd.h>

#include "base/time.hpp"

namespace marketday::cli {

std::string local_user() {
    const passwd* user = ::getpwuid(::geteuid());
    return user != nullptr ? user->pw_name : std::to_string(::geteuid());
}

ports::OperatorsLog::Entry local_deed(std::string_view operation, std::string details) {
    return {.number = 0,
            .at = SystemClock{}.wall_now(),
            .who = "local/" + local_user(),
            .operation = std::string{operation},
            .target = {},
            .details = std::move(details),
            .trace_id = {},
            .dry_run = false,
            .ending = {}};
}

}  // namespace marketday::cli
