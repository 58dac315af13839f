#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/accounts.hpp"
#include "usecases/sessions.hpp"

namespace marketday::usecases {
class FillBasket;
}  // namespace marketday::usecases

namespace marketday::http {

class Guests;

/// What the cookie of a session says beside its value.
struct CookieOptions {
    bool secure = false;                      // when shoppers come by TLS
    seconds max_age{std::chrono::days{180}};  // the server ends sessions by itself
};

/// The basket that somebody filled before logging in; both or none.
struct GuestBasket {
    usecases::FillBasket* basket = nullptr;
    Guests* guests = nullptr;
};

/// The shop's routes for accounts and sessions. What they refer to must outlive them. With a guest's basket, what was
/// put in before logging in joins the customer's.
std::vector<Route> accounts_routes(usecases::Accounts& accounts, usecases::Sessions& sessions, CookieOptions cookie,
                                   GuestBasket guest_basket = {});

}  // namespace marketday::http
