#pragma once

#include "ports/accounts.hpp"
#include "ports/mail.hpp"
#include "usecases/relay_consumer.hpp"

namespace marketday::usecases {

/// Tells customers by mail, in their language, that an order was paid, shipped or refunded.
class OrderMail {
public:
    OrderMail(ports::Accounts& accounts, ports::Mail& mail, std::string shop)
        : accounts_(accounts), mail_(mail), shop_(std::move(shop)) {}

    /// What it wants of the bus.
    static ports::EventBus::Group group();
    static std::vector<std::string> types() { return {"order.paid", "order.shipped", "order.refunded"}; }
    Task<bool> handle(ShopEvent event);

private:
    ports::Accounts& accounts_;
    ports::Mail& mail_;
    std::string shop_;
};

}  // namespace marketday::usecases
