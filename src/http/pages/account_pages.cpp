// /sign-up, /log-in, /log-out.
#include "http/pages/account_forms.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using usecases::Accounts;
using usecases::Sessions;

void write_log_in(Html& html, const Scene& scene, const std::string& next, std::string_view email,
                  const Notice& notice) {
    const Texts& texts = scene.texts;
    html.in("div", {cls("narrow stack")}, [&] {
        html.leaf("h1", {}, texts("account.log_in_title"));
        if (!notice.title.empty()) write_notice(html, notice);
        html.in("form", {cls("stack"), action("/log-in"), attr("method", "post")}, [&] {
            write_hidden(html, "next", next);
            write_email(html, texts, email, {});
            write_password(html, texts("account.password"), "current-password", {}, {});
            html.leaf("button", {cls("button wide large"), attr("type", "submit")}, texts("account.log_in"));
        });
        html.in("p", {}, [&] { html.leaf("a", {href("/reset")}, texts("account.forgot")); });
        html.in("p", {}, [&] {
            html.text(texts("account.no_account"));
            html.text(" ");
            html.leaf("a", {href(with_query("/sign-up", {{"next", next == "/" ? "" : next}}))}, texts("nav.sign_up"));
        });
    });
}

Response log_in_page(const BuyingPages& shop, const Scene& scene, int status, const std::string& next,
                     std::string_view email, const Notice& notice) {
    const PageHead head{.title = std::string{scene.texts("account.log_in_title")}, .path = "/log-in", .indexed = false};
    return answer(shop, scene, status, head, [&](Html& html) { write_log_in(html, scene, next, email, notice); });
}

/// GET /log-in?next=
Task<Response> get_log_in(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const std::string next = safe_next(request.query_param("next").value_or(""));
    if (scene->guest.session) co_return see_other(next);
    Notice notice;
    const std::string said = request.query_param("said").value_or("");
    if (said == "verified") notice = {"good", scene->texts("account.verified"), {}};
    if (said == "reset") notice = {"good", scene->texts("account.reset_done"), {}};
    co_return log_in_page(shop, *scene, 200, next, {}, notice);
}

/// POST /log-in: 303 to where one was going, with the session; the visitor's basket joins the customer's.
Task<Response> post_log_in(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    const std::string next = safe_next(form.text("next"));
    const std::string email{form.text("email")};
    const Texts& texts = scene->texts;
    if (Guests::is_cross_site(request))
        co_return log_in_page(shop, *scene, 403, next, email, {"bad", texts("account.cross_site"), {}});
    Sessions::LogIn log_in{
        .email = email, .password = std::string{form.text("password")}, .client = client_key(request)};
    auto opened = co_await shop.sessions.log_in(std::move(log_in));
    if (!opened) {
        const std::string wait = std::to_string(opened.error().retry_after.count());
        switch (opened.error().reason) {
            case Sessions::Reason::wrong:
                co_return log_in_page(shop, *scene, 401, next, email, {"bad", texts("account.wrong"), {}});
            case Sessions::Reason::too_many: {
                const std::string told = texts("account.too_many", {{"n", wait}});
                co_return log_in_page(shop, *scene, 429, next, email, {"bad", told, {}});
            }
            case Sessions::Reason::busy:
            case Sessions::Reason::unavailable:
                co_return log_in_page(shop, *scene, 503, next, email, {"bad", texts("account.busy"), {}});
        }
    }
    Response response = see_other(next);
    shop.guests.begin_session(response, opened->token);
    if (!scene->guest.is_new) {
        auto merged = co_await shop.basket.merge(scene->guest.id, opened->session.customer);
        if (merged) shop.guests.show_units(response, domain::units_in(*merged));
    }
    co_return response;
}

/// GET /log-out asks, so that no link of another page logs anybody out.
Task<Response> get_log_out(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    if (!scene->guest.session) co_return see_other("/");
    const Texts& texts = scene->texts;
    const PageHead head{.title = std::string{texts("account.log_out_title")}, .path = "/log-out", .indexed = false};
    co_return answer(shop, *scene, 200, head, [&](Html& html) {
        html.in("form", {cls("narrow stack"), action("/log-out"), attr("method", "post")}, [&] {
            write_hidden(html, "csrf_token", scene->csrf_token());
            html.leaf("h1", {}, texts("account.log_out_question"));
            html.in("p", {cls("actions")}, [&] {
                html.leaf("button", {cls("button"), attr("type", "submit")}, texts("account.log_out"));
                html.leaf("a", {cls("button quiet"), href("/")}, texts("basket.to_shop"));
            });
        });
    });
}

Task<Response> post_log_out(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, false)) co_return see_other("/log-out");
    std::string token{request.session_token()};
    auto ended = co_await shop.sessions.log_out(std::move(token));
    if (!ended) co_return problem(store_unavailable());
    Response response = see_other("/");
    shop.guests.end_session(response);
    co_return response;
}

struct SignUpForm {
    std::string email;
    std::string next = "/";
    std::string email_error;
    std::string password_error;
    Notice notice;
};

Response sign_up_page(const BuyingPages& shop, const Scene& scene, int status, const SignUpForm& form) {
    const Texts& texts = scene.texts;
    const PageHead head{.title = std::string{texts("account.sign_up_title")}, .path = "/sign-up", .indexed = false};
    return answer(shop, scene, status, head, [&](Html& html) {
        html.in("div", {cls("narrow stack")}, [&] {
            html.leaf("h1", {}, texts("account.sign_up_title"));
            html.leaf("p", {cls("lead")}, texts("account.sign_up_lead"));
            if (!form.notice.title.empty()) write_notice(html, form.notice);
            html.in("form", {cls("stack"), action("/sign-up"), attr("method", "post")}, [&] {
                write_hidden(html, "next", form.next);
                write_email(html, texts, form.email, form.email_error);
                write_password(html, texts("account.password"), "new-password", texts("account.password_hint"),
                               form.password_error);
                html.leaf("button", {cls("button wide large"), attr("type", "submit")}, texts("account.sign_up"));
            });
            html.in("p", {}, [&] {
                html.text(texts("account.have_account"));
                html.text(" ");
                html.leaf("a", {href(with_query("/log-in", {{"next", form.next == "/" ? "" : form.next}}))},
                          texts("nav.log_in"));
            });
        });
    });
}

/// GET /sign-up?next=, and ?said=mail once it is done.
Task<Response> get_sign_up(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    if (request.query_param("said") == "mail")
        co_return check_mail_page(shop, *scene, "/sign-up", "account.check_mail_sign_up");
    SignUpForm form;
    form.next = safe_next(request.query_param("next").value_or(""));
    if (scene->guest.session) co_return see_other(form.next);
    co_return sign_up_page(shop, *scene, 200, form);
}

/// POST /sign-up: the same 303 whether the address is known or not.
Task<Response> post_sign_up(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    SignUpForm again;
    again.email = form.text("email");
    again.next = safe_next(form.text("next"));
    if (Guests::is_cross_site(request)) {
        again.notice = {"bad", scene->texts("account.cross_site"), {}};
        co_return sign_up_page(shop, *scene, 403, again);
    }
    Accounts::SignUp sign_up{.email = again.email,
                             .password = std::string{form.text("password")},
                             .locale = locale_of(scene->language.language),
                             .client = client_key(request)};
    auto done = co_await shop.accounts.sign_up(std::move(sign_up));
    if (done) co_return see_other("/sign-up?said=mail");
    const Said said = say(scene->texts, done.error());
    again.notice = {
        "bad",
        said.about == Said::About::all ? std::string_view{said.text} : scene->texts("checkout.check_fields"),
        {}};
    if (said.about == Said::About::email) again.email_error = said.text;
    if (said.about == Said::About::password) again.password_error = said.text;
    co_return sign_up_page(shop, *scene, said.status, again);
}

}  // namespace

std::vector<Route> account_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/sign-up", "signUpPage", "Sign up", get_sign_up));
    routes.push_back(buying_route(shop, Method::post, "/sign-up", "signedUpPage", "Sign up", post_sign_up));
    routes.push_back(buying_route(shop, Method::get, "/log-in", "logInPage", "Log in", get_log_in));
    routes.push_back(buying_route(shop, Method::post, "/log-in", "loggedInPage", "Log in", post_log_in));
    routes.push_back(buying_route(shop, Method::get, "/log-out", "logOutPage", "Log out", get_log_out));
    routes.push_back(buying_route(shop, Method::post, "/log-out", "loggedOutPage", "Log out", post_log_out));
    return routes;
}

}  // namespace marketday::http::pages
