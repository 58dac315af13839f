#include "usecases/relay_consumer.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/log.hpp"

namespace marketday::usecases {
namespace {

constexpr std::size_t kMessagesMax = 20;

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<std::int64_t> number_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

std::optional<ShopEvent> to_event(const boost::json::value& value) {
    if (!value.is_object()) return std::nullopt;
    const auto& object = value.get_object();
    ShopEvent event;
    event.id = text_of(object, "id");
    event.type = text_of(object, "type");
    if (event.id.empty() || event.type.empty()) return std::nullopt;
    event.at = from_unix_ms(number_of(object, "at_ms").value_or(0));
    event.order = OrderId::parse(text_of(object, "order"));
    event.customer = CustomerId::parse(text_of(object, "customer"));
    event.sale = SaleId::parse(text_of(object, "sale"));
    const auto currency = Currency::parse(text_of(object, "currency"));
    const auto total = number_of(object, "total_minor");
    if (currency && total) event.total = Money{*total, *currency};
    event.change = number_of(object, "change");
    event.sku = text_of(object, "sku");
    event.image = text_of(object, "image");
    return event;
}

}  // namespace

std::optional<std::vector<ShopEvent>> parse_events(std::string_view body) {
    boost::system::error_code error;
    boost::json::monotonic_resource memory;
    const auto value = boost::json::parse(body, error, &memory);
    if (error || !value.is_array()) return std::nullopt;
    std::vector<ShopEvent> events;
    for (const auto& item : value.get_array()) {
        auto event = to_event(item);
        if (!event) return std::nullopt;
        events.push_back(std::move(*event));
    }
    return events;
}

std::optional<std::int64_t> newest_change(std::string_view body) {
    const auto events = parse_events(body);
    std::optional<std::int64_t> newest;
    if (events)
        for (const auto& event : *events) newest = std::max(newest, event.change);
    return newest;
}

/// A rush makes messages of hundreds of events that most groups pass over: those are not parsed at all.
bool Consumer::wants(std::string_view body) const {
    return types_.empty() || std::ranges::any_of(types_, [body](const std::string& type) {
               return body.find('"' + type + '"') != std::string_view::npos;
           });
}

Task<bool> Consumer::consume(std::vector<ShopEvent> events) {
    std::erase_if(events, [this](const ShopEvent& event) {
        return !types_.empty() && std::ranges::find(types_, event.type) == types_.end();
    });
    if (events.empty()) co_return true;
    std::vector<std::string> ids;
    for (const auto& event : events) ids.push_back(event.id);
    const auto seen = co_await memory_.seen(group_.name, std::move(ids));
    if (!seen) co_return false;
    std::vector<std::string> done;
    bool all = true;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if ((*seen)[i]) continue;
        std::string id = events[i].id;
        const bool handled = co_await handle_(std::move(events[i]));
        if (handled)
            done.push_back(std::move(id));
        else
            all = false;
    }
    if (!done.empty()) {
        const auto remembered = co_await memory_.remember(group_.name, std::move(done), clock_.wall_now());
        all = all && remembered.has_value();
    }
    co_return all;
}

Task<JobTurn> Consumer::run(ports::Fence) {
    if (!group_made_) {
        auto group = group_;
        const auto made = co_await bus_.ensure_group(std::move(group));
        if (!made) co_return JobTurn{.failed = true};
        group_made_ = true;
    }
    auto deliveries = co_await bus_.pull(group_.name, kMessagesMax);
    if (!deliveries) co_return JobTurn{.failed = true};
    JobTurn turn{.items = deliveries->size(), .more = deliveries->size() == kMessagesMax};
    std::vector<std::int64_t> done;
    for (auto& delivery : *deliveries) {
        if (!wants(delivery.message.body)) {
            done.push_back(delivery.position);
            continue;
        }
        auto events = parse_events(delivery.message.body);
        if (!events) log::warn("event.malformed", {{"group", group_.name}, {"position", delivery.position}});
        const bool readable = events.has_value();
        const bool consumed = readable && co_await consume(std::move(*events));
        co_await sleep_for(milliseconds{0});  // Reading one message may take a millisecond: others have their turn.
        if (consumed) {
            done.push_back(delivery.position);
            continue;
        }
        std::string reason = readable ? "the handler could not" : "not an array of events";
        (void)co_await bus_.reject(group_.name, delivery.position, std::move(reason));
    }
    if (!done.empty()) {
        const auto acknowledged = co_await bus_.acknowledge(group_.name, std::move(done));
        turn.failed = !acknowledged;
    }
    co_return turn;
}

}  // namespace marketday::usecases
