#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::usecases {

/// Who sent a request.
struct Session {
    CustomerId customer;
    bool verified = false;   // its e-mail address; an unverified account may look and stand in line, not order
    std::string csrf_token;  // what X-CSRF-Token must say when the session came by cookie
    WallTime expires{};
};

/// Tells whose session a token is. The token is `md_session`'s value or that of `Authorization: Bearer`.
class Authenticate {
public:
    enum class Error { unavailable };
    virtual ~Authenticate() = default;

    /// Without I/O: the session if it is cached here and has not expired. The order path asks this first.
    virtual const Session* cached(std::string_view token) = 0;
    /// Looks in the store too. Nothing for an unknown, ended or expired session.
    virtual Task<Result<std::optional<Session>, Error>> find(std::string token) = 0;
};

}  // namespace marketday::usecases
