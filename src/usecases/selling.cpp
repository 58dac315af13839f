#include "usecases/selling.hpp"

#include <algorithm>

namespace marketday::usecases {

domain::Pressure LanePressure::pressure(SaleId sale) const {
    domain::Pressure pressure;
    pressure.lane_depth_max = depth_max_;
    const Checkout::OrderLane* lane = checkout_.lane_of(sale);
    if (lane == nullptr) return pressure;
    // A lane that is about to refuse is as good as full: the line lets fewer come.
    pressure.lane_depth = lane->behind() ? depth_max_ : lane->depth();
    // Orders may go to another process, which tells of its own.
    constexpr seconds kSaysNothing{2};
    if (lane->has_rested(kSaysNothing)) return pressure;
    // Whoever arrives now waits for the batch under way and for those before it.
    const auto batch = std::max<std::size_t>(1, lane->figures().last_batch);
    pressure.latency_p99 =
        milliseconds{lane->figures().last_send_us.load() / 1000 * static_cast<std::int64_t>(1 + lane->depth() / batch)};
    return pressure;
}

Selling::Selling(Executor& executor, const Clock& clock, Random& random, UuidSource& uuids, Ports ports,
                 Options options)
    : board(ports.orders, clock),
      checkout(executor, ports.orders, board, clock, uuids, options.checkout),
      pressure(checkout, options.checkout.lane.depth_max),
      line(ports.lines, ports.orders, ports.leases, pressure, clock, random, options.line),
      steps(executor, ports.orders),
      refunds(ports.orders, steps, ports.payments, ports.gateway, clock, options.refunds),
      settlement(steps, ports.payments, refunds, clock, options.settlement),
      pay(executor, ports.orders, steps, ports.payments, ports.gateway, settlement, clock, options.pay),
      fulfil(ports.orders, steps, ports.payments, refunds, clock),
      reconcile(ports.orders, ports.gateway, settlement, clock, options.reconcile),
      expire_holds(ports.orders, clock),
      forget_payments(ports.payments, clock),
      forget_keys(ports.orders, clock, {}),
      forget_outbox(ports.orders, clock, {}),
      relay(ports.orders, ports.bus),
      forget_events(ports.bus, ports.memory, clock, {}),
      order_mail(ports.accounts, ports.mail, options.shop_name),
      order_mail_consumer(ports.bus, ports.memory, clock, OrderMail::group(), OrderMail::types(),
                          [this](ShopEvent event) { return order_mail.handle(std::move(event)); }),
      calendar(options.utc_offset),
      statistics_consumer(ports.bus, ports.orders, ports.statistics, clock, calendar),
      statistics_upkeep(ports.statistics, clock, calendar, options.statistics),
      scheduler(clock, random, ports.leases, std::move(options.scheduler)) {
    checkout.on_verdict([this](SaleId sale, const CustomerId& customer, bool granted) {
        if (granted)
            line.used(sale, customer, 1);
        else
            line.refused(sale, customer);
    });
    add_jobs();
}

void Selling::add_jobs() {
    using Turn = Task<JobTurn>;
    using ports::Fence;
    scheduler.add({"expire-holds", milliseconds{200}, [this](Fence fence) -> Turn { return expire_holds.run(fence); }});
    scheduler.add({"reconcile", milliseconds{1000}, [this](Fence fence) -> Turn { return reconcile.ask(fence); }});
    scheduler.add(
        {"notifications", milliseconds{500}, [this](Fence fence) -> Turn { return reconcile.listen(fence); }});
    scheduler.add({"refunds", milliseconds{1000}, [this](Fence fence) -> Turn { return refunds.run(fence); }});
    scheduler.add({"relay", milliseconds{200}, [this](Fence fence) -> Turn { return relay.run(fence); }});
    scheduler.add({"order-mail", milliseconds{500},
                   [this](Fence fence) -> Turn { return order_mail_consumer.run(fence); },
                   Scheduler::Where::every_worker});
    scheduler.add({"statistics", milliseconds{1000},
                   [this](Fence fence) -> Turn { return statistics_consumer.run(fence); },
                   Scheduler::Where::every_worker});
    scheduler.add({"statistics-check", milliseconds{30'000},
                   [this](Fence fence) -> Turn { return statistics_upkeep.check(fence); }});
    scheduler.add({"forget-visits", milliseconds{60'000},
                   [this](Fence fence) -> Turn { return statistics_upkeep.forget(fence); }});
    scheduler.add(
        {"forget-events", milliseconds{60'000}, [this](Fence fence) -> Turn { return forget_events.run(fence); }});
    scheduler.add({"forget-keys", milliseconds{1000}, [this](Fence fence) -> Turn { return forget_keys.run(fence); }});
    scheduler.add(
        {"forget-outbox", milliseconds{60'000}, [this](Fence fence) -> Turn { return forget_outbox.run(fence); }});
    scheduler.add(
        {"forget-payments", milliseconds{60'000}, [this](Fence fence) -> Turn { return forget_payments.run(fence); }});
}

}  // namespace marketday::usecases
