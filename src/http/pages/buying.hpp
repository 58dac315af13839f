#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/guests.hpp"
#include "http/pages/layout.hpp"
#include "http/routes_orders.hpp"
#include "usecases/accounts.hpp"
#include "usecases/browse.hpp"
#include "usecases/checkout.hpp"
#include "usecases/fill_basket.hpp"
#include "usecases/fulfil.hpp"
#include "usecases/pay.hpp"
#include "usecases/sale_board.hpp"
#include "usecases/sessions.hpp"

namespace marketday::http::pages {

/// What the pages of buying are made from. Everything lives longer than the routes; shop's executor.
struct BuyingPages {
    const Site& site;
    usecases::FillBasket& basket;
    usecases::Checkout& checkout;
    usecases::Pay& pay;
    usecases::Fulfil& fulfil;
    ports::OrderBook& order_book;
    usecases::Browse& browse;
    const usecases::SaleBoard& board;
    usecases::Accounts& accounts;
    usecases::Sessions& sessions;
    Guests& guests;
    const Clock& clock;
    Currency currency{};
    seconds hold{300};
    Ordered ordered = {};                         // told of every SKU of an order that was granted
    const SessionPositions* positions = nullptr;  // none: one's own orders are read strictly
};

/// Every page of buying: basket, checkout, payment, orders, accounts.
std::vector<Route> buying_routes(BuyingPages shop);

// --- What the files of these pages share. ---

using Shop = std::shared_ptr<const BuyingPages>;
std::vector<Route> basket_page_routes(Shop shop);
std::vector<Route> checkout_page_routes(Shop shop);
std::vector<Route> payment_page_routes(Shop shop);
std::vector<Route> order_page_routes(Shop shop);
std::vector<Route> account_page_routes(Shop shop);
std::vector<Route> letter_page_routes(Shop shop);

using PageHandler = Task<Response> (*)(const BuyingPages& shop, const Request& request);
Route buying_route(Shop shop, Method method, std::string_view pattern, std::string_view operation_id,
                   std::string_view summary, PageHandler handle);

/// Who asks, and in which language.
struct Scene {
    Guest guest;
    LanguageChoice language;
    Texts texts{domain::Language::ko};
    std::string_view csrf_token() const {
        return guest.session ? std::string_view{guest.session->csrf_token} : std::string_view{};
    }
};
/// The scene; or what to answer instead: the store is away, or (with `signed_in`) the log-in and back.
Task<Result<Scene, Response>> enter(const BuyingPages& shop, const Request& request, bool signed_in);

/// A page of one person, with the cookies that are due.
Response answer(const BuyingPages& shop, const Scene& scene, int status, const PageHead& head,
                const std::function<void(Html&)>& body);

/// A notice at the top of a page that gets the focus when it says what went wrong.
struct Notice {
    std::string_view kind;  // "good", "warn", "bad"
    std::string_view title;
    std::string_view hint = {};
};
void write_notice(Html& html, const Notice& notice);

void write_hidden(Html& html, std::string_view name, std::string_view value);
/// A labelled control that keeps what was typed.
struct Field {
    std::string_view name = {};
    std::string_view label = {};
    std::string_view type = "text";
    std::string_view value = {};
    std::string_view autocomplete = {};
    std::string_view hint = {};
    std::string_view error = {};
    std::int64_t characters_max = 200;
    bool required = true;
    bool whole_row = false;
};
void write_field(Html& html, const Field& field);

/// Goods, delivery and total as a <dl class="facts">.
void write_sums(Html& html, const Texts& texts, const Money& goods, const Money& shipping, const Money& total);
void write_steps(Html& html, const Texts& texts, int step);
/// A path of this shop that a form may lead back to; "/" for anything else (no open redirect).
std::string safe_next(std::string_view next);
/// The picture in the width of a list.
std::string small_picture(const std::optional<domain::Product>& product);
std::string order_path(OrderId order);
std::string_view state_text(const Texts& texts, domain::OrderState state);
std::string_view state_badge(domain::OrderState state);

}  // namespace marketday::http::pages
