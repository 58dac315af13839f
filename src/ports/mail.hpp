#pragma once

#include <string>
#include <variant>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// Hands letters to whoever delivers them. Contract: tests/contract/mail_contract.hpp, run on every adapter.
/// * idempotent: a letter sent twice under one id reaches its reader once as far as the transport allows;
/// * whole: a letter is handed over with all its text or not at all.
/// Tasks resume on their caller's executor.
class Mail {
public:
    enum class Error {
        unavailable,      // Not handed over; try again later.
        outcome_unknown,  // Perhaps handed over; try again with the same id.
        refused,          // Never will be: the address does not exist, or the letter is not wanted.
    };

    struct Letter {
        Uuid id;
        std::string to;       // an address, UTF-8, without control characters
        std::string subject;  // one line of UTF-8
        std::string text;     // plain UTF-8, lines end with \n
        WallTime written_at{};
    };

    virtual ~Mail() = default;
    virtual Task<Result<std::monostate, Error>> send(Letter letter) = 0;
};

}  // namespace marketday::ports
