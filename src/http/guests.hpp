#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "http/message.hpp"
#include "http/routes_accounts.hpp"
#include "ports/baskets.hpp"
#include "usecases/session.hpp"

namespace marketday::http {

/// A form as browsers send it (application/x-www-form-urlencoded), in the order of its fields.
class Form {
public:
    static Form parse(std::string_view body);
    /// The first field of that name; empty when absent.
    std::string_view text(std::string_view name) const;
    bool has(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    /// A whole number without sign or spaces.
    std::optional<std::int64_t> number(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};
std::optional<std::int64_t> parse_number(std::string_view text);

/// Who looks at a page or fills a basket: a session if there is one, and a guest by a signed cookie besides.
struct Guest {
    std::optional<usecases::Session> session;
    Uuid id;              // of the cookie md_guest; made anew when there was none
    bool is_new = false;  // `id` has just been made: its cookie must be set before anything is kept under it
    ports::Baskets::Owner owner() const {
        return session ? ports::Baskets::of_customer(session->customer) : ports::Baskets::of_visitor(id);
    }
};

/// Tells guests apart and whether a form is their own. Belongs to the shop's executor.
class Guests {
public:
    struct Options {
        Hash256 key{};  // signs md_guest
        CookieOptions cookie;
    };
    Guests(usecases::Authenticate& authenticate, Random& random, Options options)
        : authenticate_(authenticate), random_(random), options_(options) {}

    enum class Error { unavailable };
    Task<Result<Guest, Error>> find(const Request& request);

    /// Whether the guest's own page sent this: it carries the session's token in the field csrf_token, or (where
    /// `or_same_site`, for forms on pages that all share) the browser says that the page is this site's.
    static bool is_own_form(const Request& request, const Form& form, const Guest& guest, bool or_same_site);
    /// Whether the browser says that another site's page sent it; programs that are no browsers say nothing.
    static bool is_cross_site(const Request& request);

    /// A key for one intent, put into a form when it is made.
    std::string new_key();

    // Set-Cookie headers.
    void remember(Response& response, const Guest& guest) const;
    void show_units(Response& response, std::int64_t units) const;  // md_basket, for the header's number
    void begin_session(Response& response, const std::string& token) const;
    void end_session(Response& response) const;

private:
    std::string signed_id(const Uuid& id) const;
    std::optional<Uuid> read_id(std::string_view cookie) const;
    void set_cookie(Response& response, std::string_view name, std::string_view value, seconds max_age,
                    bool for_scripts) const;

    usecases::Authenticate& authenticate_;
    Random& random_;
    Options options_;
};

}  // namespace marketday::http
