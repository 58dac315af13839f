// /verify and /reset: where the links of the shop's letters lead.
#include "http/pages/account_forms.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {

using usecases::Accounts;

void write_email(Html& html, const Texts& texts, std::string_view value, std::string_view error) {
    write_field(html, {.name = "email",
                       .label = texts("account.email"),
                       .type = "email",
                       .value = value,
                       .autocomplete = "email",
                       .error = error,
                       .characters_max = 254});
}

void write_password(Html& html, std::string_view label, std::string_view autocomplete, std::string_view hint,
                    std::string_view error) {
    write_field(html, {.name = "password",
                       .label = label,
                       .type = "password",
                       .autocomplete = autocomplete,
                       .hint = hint,
                       .error = error,
                       .characters_max = 512});
}

Response check_mail_page(const BuyingPages& shop, const Scene& scene, std::string_view path, TextId text) {
    const Texts& texts = scene.texts;
    const PageHead head{.title = std::string{texts("account.check_mail")}, .path = std::string{path}, .indexed = false};
    return answer(shop, scene, 200, head, [&](Html& html) {
        html.in("div", {cls("narrow empty")}, [&] {
            html.leaf("h1", {}, texts("account.check_mail"));
            html.leaf("p", {cls("lead")}, texts(text));
            html.in("p", {cls("actions center")}, [&] {
                html.leaf("a", {cls("button"), href("/log-in")}, texts("nav.log_in"));
                html.leaf("a", {cls("button quiet"), href("/")}, texts("basket.to_shop"));
            });
        });
    });
}

Said say(const Texts& texts, const Accounts::Refused& refused) {
    using About = Said::About;
    switch (refused.reason) {
        case Accounts::Reason::bad_email: return {About::email, std::string{texts("account.bad_email")}, 400};
        case Accounts::Reason::bad_link: return {About::link, std::string{texts("account.link_bad")}, 400};
        case Accounts::Reason::too_many:
            return {About::all, texts("account.too_many", {{"n", std::to_string(refused.retry_after.count())}}), 429};
        case Accounts::Reason::busy:
        case Accounts::Reason::unavailable: return {About::all, std::string{texts("account.busy")}, 503};
        case Accounts::Reason::bad_password: break;
    }
    switch (refused.password) {
        case domain::PasswordRefusal::too_short: return {About::password, std::string{texts("account.too_short")}, 400};
        case domain::PasswordRefusal::too_long: return {About::password, std::string{texts("account.too_long")}, 400};
        case domain::PasswordRefusal::not_text: return {About::password, std::string{texts("account.not_text")}, 400};
        case domain::PasswordRefusal::too_common:
            return {About::password, std::string{texts("account.too_common")}, 400};
        case domain::PasswordRefusal::is_address:
            return {About::password, std::string{texts("account.is_address")}, 400};
    }
    return {};
}

domain::Locale locale_of(domain::Language language) {
    switch (language) {
        case domain::Language::ko: return domain::Locale::ko;
        case domain::Language::ja: return domain::Locale::ja;
        case domain::Language::en: return domain::Locale::en;
    }
    return domain::Locale::en;
}

std::string client_key(const Request& request) {
    const auto& bytes = request.client.bytes;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

namespace {

/// A page with one form whose only secret is the link's token.
struct LinkForm {
    std::string token;
    Notice notice;
    std::string error;
};

Response verify_page(const BuyingPages& shop, const Scene& scene, int status, const LinkForm& form) {
    const Texts& texts = scene.texts;
    const PageHead head{.title = std::string{texts("account.verify_title")}, .path = "/verify", .indexed = false};
    return answer(shop, scene, status, head, [&](Html& html) {
        html.in("form", {cls("narrow stack"), action("/verify"), attr("method", "post")}, [&] {
            html.leaf("h1", {}, texts("account.verify_title"));
            if (!form.notice.title.empty()) {
                write_notice(html, form.notice);
                html.in("p", {cls("actions")}, [&] {
                    html.leaf("a", {cls("button"), href("/log-in")}, texts("nav.log_in"));
                    html.leaf("a", {cls("button quiet"), href("/reset")}, texts("account.reset_title"));
                });
                return;
            }
            write_hidden(html, "token", form.token);
            html.leaf("p", {cls("lead")}, texts("account.verify_lead"));
            html.leaf("button", {cls("button wide large"), attr("type", "submit")}, texts("account.verify"));
        });
    });
}

/// GET /verify?token=: asks, since programs that look through mails follow links too.
Task<Response> get_verify(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    LinkForm form;
    form.token = request.query_param("token").value_or("");
    if (form.token.empty())
        form.notice = {"bad", scene->texts("account.link_bad"), scene->texts("account.link_bad_hint")};
    co_return verify_page(shop, *scene, form.token.empty() ? 400 : 200, form);
}

Task<Response> post_verify(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form sent = Form::parse(request.body);
    std::string token{sent.text("token")};
    auto done = co_await shop.accounts.verify(std::move(token));
    if (done) co_return see_other(scene->guest.session ? "/" : "/log-in?said=verified");
    const Said said = say(scene->texts, done.error());
    LinkForm form;
    form.notice = {"bad", said.text,
                   said.about == Said::About::link ? scene->texts("account.link_bad_hint") : std::string_view{}};
    co_return verify_page(shop, *scene, said.status, form);
}

Response reset_page(const BuyingPages& shop, const Scene& scene, int status, const LinkForm& form,
                    std::string_view email) {
    const Texts& texts = scene.texts;
    const PageHead head{.title = std::string{texts("account.reset_title")}, .path = "/reset", .indexed = false};
    return answer(shop, scene, status, head, [&](Html& html) {
        html.in("form", {cls("narrow stack"), action("/reset"), attr("method", "post")}, [&] {
            html.leaf("h1", {}, texts("account.reset_title"));
            if (!form.notice.title.empty()) write_notice(html, form.notice);
            if (form.token.empty()) {
                html.leaf("p", {cls("lead")}, texts("account.reset_lead"));
                write_email(html, texts, email, form.error);
                html.leaf("button", {cls("button wide large"), attr("type", "submit")}, texts("account.reset_send"));
                return;
            }
            write_hidden(html, "token", form.token);
            write_password(html, texts("account.new_password"), "new-password", texts("account.password_hint"),
                           form.error);
            html.leaf("button", {cls("button wide large"), attr("type", "submit")}, texts("account.reset_save"));
        });
    });
}

/// GET /reset asks for the address; /reset?token= for the new password.
Task<Response> get_reset(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    if (request.query_param("said") == "mail")
        co_return check_mail_page(shop, *scene, "/reset", "account.check_mail_reset");
    LinkForm form;
    form.token = request.query_param("token").value_or("");
    co_return reset_page(shop, *scene, 200, form, {});
}

Task<Response> post_reset(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form sent = Form::parse(request.body);
    LinkForm form;
    form.token = sent.text("token");
    const std::string email{sent.text("email")};
    if (Guests::is_cross_site(request)) {
        form.notice = {"bad", scene->texts("account.cross_site"), {}};
        co_return reset_page(shop, *scene, 403, form, email);
    }
    std::optional<Accounts::Refused> refused;
    if (form.token.empty()) {
        Accounts::ResetRequest asked{.email = email, .client = client_key(request)};
        auto done = co_await shop.accounts.ask_reset(std::move(asked));
        if (done) co_return see_other("/reset?said=mail");
        refused = done.error();
    } else {
        std::string token = form.token;
        std::string password{sent.text("password")};
        auto done = co_await shop.accounts.complete_reset(std::move(token), std::move(password));
        if (done) co_return see_other("/log-in?said=reset");
        refused = done.error();
    }
    const Said said = say(scene->texts, *refused);
    if (said.about == Said::About::email || said.about == Said::About::password) form.error = said.text;
    if (said.about == Said::About::link) form.token.clear();  // A new link is what helps.
    form.notice = {"bad", form.error.empty() ? std::string_view{said.text} : scene->texts("checkout.check_fields"), {}};
    co_return reset_page(shop, *scene, said.status, form, email);
}

}  // namespace

std::vector<Route> letter_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/verify", "verifyPage", "Confirm an address", get_verify));
    routes.push_back(buying_route(shop, Method::post, "/verify", "verifiedPage", "Confirm an address", post_verify));
    routes.push_back(buying_route(shop, Method::get, "/reset", "resetPage", "Ask for a new password", get_reset));
    routes.push_back(buying_route(shop, Method::post, "/reset", "resetDonePage", "Choose a new password", post_reset));
    return routes;
}

}  // namespace marketday::http::pages
