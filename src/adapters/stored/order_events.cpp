#include "adapters/stored/order_events.hpp"

#include <fmt/format.h>

namespace marketday::adapters {
namespace {

std::string fields_of(const OrderId& order, const CustomerId& customer, const Money& total) {
    return fmt::format(R"("order":"{}","customer":"{}","total_minor":{},"currency":"{}")", order.to_string(),
                       customer.to_string(), total.amount_minor, total.currency.code());
}

}  // namespace

void add_reserved_event(EventMessage& message, const domain::OrderRequest& request, const Money& total) {
    message.add("order.reserved", request.placed_at, fields_of(request.order, request.customer, total));
}

void add_order_event(EventMessage& message, const domain::Order& order, const domain::OrderStep& step) {
    // A payment that failed brings the order back to `reserved`, which must not read like another order.
    const bool failed = step.step == domain::Step::payment_failed;
    message.add(fmt::format("order.{}", failed ? "payment_failed" : domain::to_string(order.state)), step.at,
                fields_of(order.id, order.customer, order.total));
}

void add_sale_event(EventMessage& message, const domain::Sale& sale, WallTime at) {
    message.add(fmt::format("sale.{}", domain::to_string(sale.state)), at,
                fmt::format(R"("sale":"{}")", sale.id.to_string()));
}

}  // namespace marketday::adapters
