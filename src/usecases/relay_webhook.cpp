#include "usecases/relay_webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"

namespace marketday::usecases {
namespace {

constexpr std::string_view kPrefix = "whsec_";

std::string body_of(const ShopEvent& event) {
    boost::json::object data;
    if (event.order) data["order"] = event.order->to_string();
    if (event.customer) data["customer"] = event.customer->to_string();
    if (event.sale) data["sale"] = event.sale->to_string();
    if (event.total)
        data["total"] = {{"amount_minor", event.total->amount_minor}, {"currency", event.total->currency.code()}};
    return boost::json::serialize(
        boost::json::object{{"type", event.type}, {"timestamp", to_rfc3339(to_unix_ms(event.at))}, {"data", data}});
}

}  // namespace

std::optional<std::vector<std::uint8_t>> parse_webhook_secret(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    auto bytes = from_base64(text.substr(kPrefix.size()));
    if (!bytes || bytes->size() < 24 || bytes->size() > 64) return std::nullopt;
    return bytes;
}

std::string sign_webhook(const WebhookKeys& keys, std::string_view id, std::int64_t at_s, std::string_view body) {
    const std::string content = fmt::format("{}.{}.{}", id, at_s, body);
    std::string signatures;
    for (const auto& key : keys)
        signatures += fmt::format("{}v1,{}", signatures.empty() ? "" : " ", to_base64(hmac_sha256(key, content)));
    return signatures;
}

std::vector<std::string> webhook_types() {
    using domain::OrderState;
    using domain::SaleState;
    std::vector<std::string> types{"order.payment_failed"};
    for (const auto state : {OrderState::reserved, OrderState::paying, OrderState::paid, OrderState::prepared,
                             OrderState::shipped, OrderState::delivered, OrderState::returned, OrderState::cancelled,
                             OrderState::expired, OrderState::refunded})
        types.push_back(fmt::format("order.{}", domain::to_string(state)));
    for (const auto state : {SaleState::scheduled, SaleState::open, SaleState::paused, SaleState::closed})
        types.push_back(fmt::format("sale.{}", domain::to_string(state)));
    return types;
}

NotifyWebhook::NotifyWebhook(ports::Webhook& webhook, const Clock& clock, Options options)
    : webhook_(webhook), clock_(clock), options_(std::move(options)) {}

ports::EventBus::Group NotifyWebhook::group() const {
    std::set<std::string> topics;
    for (const std::string& type : options_.types)
        topics.insert(type == "order.reserved" ? "reservations" : type.starts_with("sale.") ? "sales" : "orders");
    return {.name = options_.name,
            .topics = {topics.begin(), topics.end()},
            // A rush's message holds hundreds of events, told one after another.
            .ack_within = milliseconds{300'000},
            .deliveries_max = 20,
            .pause_first = milliseconds{5'000},
            .pause_max = milliseconds{3'600'000},
            // Of an address that is new nobody wants what was before it.
            .from_beginning = false};
}

Task<bool> NotifyWebhook::handle(ShopEvent event) {
    if (clock_.now() < left_until_) co_return false;
    const std::int64_t at_s = to_unix_ms(clock_.wall_now()) / 1000;
    ports::Webhook::Notice notice{.id = event.id, .at_s = at_s, .signatures = {}, .body = body_of(event)};
    notice.signatures = sign_webhook(options_.keys, notice.id, at_s, notice.body);
    const auto posted = co_await webhook_.post(std::move(notice));
    if (posted) {
        figures_.taken_total.fetch_add(1);
        co_return true;
    }
    figures_.failures_total.fetch_add(1);
    left_until_ = clock_.now() + options_.left_alone;
    co_return false;
}

}  // namespace marketday::usecases
