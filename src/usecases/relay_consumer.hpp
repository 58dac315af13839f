#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "domain/product_image.hpp"
#include "ports/event_bus.hpp"
#include "usecases/jobs_scheduler.hpp"

namespace marketday::usecases {

/// What consumers need of an event, which the shop writes as {"id","type","at_ms",…}.
struct ShopEvent {
    std::string id;
    std::string type;  // "order.paid"
    WallTime at{};
    std::optional<OrderId> order;
    std::optional<CustomerId> customer;
    std::optional<SaleId> sale;
    std::optional<Money> total;
    std::optional<std::int64_t> change;  // of the goods, "products-changed"
    domain::SkuCode sku;                 // of the product that shows `image`, "image-added"
    domain::ImageId image;
};
/// The events of a message's body (a JSON array); nothing when it is not one.
std::optional<std::vector<ShopEvent>> parse_events(std::string_view body);

/// The highest number in messages of the topic "products" (ports::Catalogue); nothing when there is none.
std::optional<std::int64_t> newest_change(std::string_view body);

/// Feeds one group's events to a handler, each with its effect once: remembered after the handler did it, skipped when
/// it comes again. A message is acknowledged when all its events are done, else it comes back.
class Consumer {
public:
    /// False: could not; the event comes again. Must bear being repeated when the process dies within it.
    using Handle = std::function<Task<bool>(ShopEvent)>;

    /// Events of other types than `types` are passed over; empty: all.
    Consumer(ports::EventBus& bus, ports::EventMemory& memory, const Clock& clock, ports::EventBus::Group group,
             std::vector<std::string> types, Handle handle)
        : bus_(bus),
          memory_(memory),
          clock_(clock),
          group_(std::move(group)),
          types_(std::move(types)),
          handle_(std::move(handle)) {}

    Task<JobTurn> run(ports::Fence fence);

private:
    bool wants(std::string_view body) const;
    Task<bool> consume(std::vector<ShopEvent> events);

    ports::EventBus& bus_;
    ports::EventMemory& memory_;
    const Clock& clock_;
    ports::EventBus::Group group_;
    std::vector<std::string> types_;
    Handle handle_;
    bool group_made_ = false;
};

}  // namespace marketday::usecases
