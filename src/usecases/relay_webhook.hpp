#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ports/webhook.hpp"
#include "usecases/relay_consumer.hpp"

namespace marketday::usecases {

/// The secrets that notices to one address are signed with: the newest first, others while they are being replaced.
using WebhookKeys = std::vector<std::vector<std::uint8_t>>;

/// One secret as it is written, "whsec_" and base64 of 24 to 64 bytes; nothing when it is none.
std::optional<std::vector<std::uint8_t>> parse_webhook_secret(std::string_view text);

/// Standard Webhooks' symmetric signatures, one for each key, between spaces: "v1," and base64 of
/// HMAC-SHA-256(key, "ID.TIMESTAMP.BODY").
std::string sign_webhook(const WebhookKeys& keys, std::string_view id, std::int64_t at_s, std::string_view body);

/// Types of events that may be asked for: "order.paid", "sale.opened", …
std::vector<std::string> webhook_types();

/// Tells one address of events, at least once each, for about half a day until it has taken them. Orders of events are
/// not kept: what could not be told comes later. One executor.
class NotifyWebhook {
public:
    struct Options {
        std::string name;  // of the bus's group; tells addresses apart
        std::vector<std::string> types;
        WebhookKeys keys;
        /// An address that did not take a notice is left alone for so long: what waits for it need not try each.
        milliseconds left_alone{5'000};
    };
    NotifyWebhook(ports::Webhook& webhook, const Clock& clock, Options options);

    /// What it wants of the bus.
    ports::EventBus::Group group() const;
    const std::vector<std::string>& types() const { return options_.types; }
    Task<bool> handle(ShopEvent event);

    struct Figures {
        std::atomic<std::uint64_t> taken_total{0};
        std::atomic<std::uint64_t> failures_total{0};  // tries that are to be repeated
    };
    const Figures& figures() const { return figures_; }

private:
    ports::Webhook& webhook_;
    const Clock& clock_;
    Options options_;
    Instant left_until_{};
    Figures figures_;
};

}  // namespace marketday::usecases
