#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ports/operators.hpp"

namespace marketday::usecases {

/// Which operator sent a request.
struct OperatorSession {
    std::string name;
    ports::Role role = ports::Role::viewer;
    WallTime expires{};
    std::string csrf_token;  // what X-CSRF-Token must say when the session comes by cookie

    /// Viewers look; managers and owners change things.
    bool may_change() const { return role != ports::Role::viewer; }
    bool may_manage_operators() const { return role == ports::Role::owner; }
};

/// Tells whose an operator's token is. Used on the operators' executor.
class AuthenticateOperator {
public:
    enum class Error { unavailable };
    virtual ~AuthenticateOperator() = default;

    /// Without I/O: the session if it is known here and has not expired. Holds until the next wait.
    virtual const OperatorSession* cached(std::string_view token) = 0;
    /// Looks in the store too. Nothing for an unknown, ended or expired session.
    virtual Task<Result<std::optional<OperatorSession>, Error>> find(std::string token) = 0;
};

}  // namespace marketday::usecases
