#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/accounts.hpp"
#include "usecases/sessions.hpp"

namespace marketday::http {

/// What the cookie of a session says beside its value.
struct CookieOptions {
    bool secure = false;                      // when shoppers come by TLS
    seconds max_age{std::chrono::days{180}};  // the server ends sessions by itself
};

/// The shop's routes for accounts and sessions. What they refer to must outlive them.
std::vector<Route> accounts_routes(usecases::Accounts& accounts, usecases::Sessions& sessions, CookieOptions cookie);

}  // namespace marketday::http
