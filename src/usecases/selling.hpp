#pragma once

#include "usecases/checkout.hpp"
#include "usecases/fulfil.hpp"
#include "usecases/jobs_forgetting.hpp"
#include "usecases/jobs_payments.hpp"
#include "usecases/jobs_scheduler.hpp"
#include "usecases/pay.hpp"
#include "usecases/relay.hpp"
#include "usecases/relay_consumer.hpp"
#include "usecases/relay_order_mail.hpp"
#include "usecases/sale_board.hpp"
#include "usecases/stand_in_line.hpp"
#include "usecases/statistics.hpp"

namespace marketday::usecases {

/// Checkout's lanes as the line sees them.
class LanePressure final : public CheckoutPressure {
public:
    LanePressure(const Checkout& checkout, std::size_t depth_max) : checkout_(checkout), depth_max_(depth_max) {}
    domain::Pressure pressure(SaleId sale) const override;

private:
    const Checkout& checkout_;
    std::size_t depth_max_;
};

/// Everything that turns goods into paid orders, put together over its ports: the line, checkout, payment, what becomes
/// of an order, and the jobs behind them. The program and its simulation run this same composition. Belongs to one
/// executor; ports, clock and random outlive it.
struct Selling {
    struct Ports {
        ports::OrderBook& orders;
        ports::LineBook& lines;
        ports::PaymentJournal& payments;
        ports::PaymentGateway& gateway;
        ports::Leases& leases;
        ports::EventBus& bus;
        ports::EventMemory& memory;
        ports::Accounts& accounts;
        ports::Mail& mail;
        ports::Statistics& statistics;
    };
    struct Options {
        Checkout::Options checkout;
        StandInLine::Options line;
        Pay::Options pay;
        Settlement::Options settlement;
        Refunds::Options refunds;
        Reconcile::Options reconcile;
        StatisticsUpkeep::Options statistics;
        Scheduler::Options scheduler;
        milliseconds utc_offset{0};  // of the shop's clock
        std::string shop_name;       // in mails
    };
    Selling(Executor& executor, const Clock& clock, Random& random, UuidSource& uuids, Ports ports, Options options);
    Selling(const Selling&) = delete;
    Selling& operator=(const Selling&) = delete;

    SaleBoard board;
    Checkout checkout;
    LanePressure pressure;
    StandInLine line;
    StepLane steps;
    Refunds refunds;
    Settlement settlement;
    Pay pay;
    Fulfil fulfil;
    Reconcile reconcile;
    ExpireHolds expire_holds;
    ForgetPayments forget_payments;
    ForgetKeys forget_keys;
    ForgetOutbox forget_outbox;
    Relay relay;
    ForgetEvents forget_events;
    OrderMail order_mail;
    Consumer order_mail_consumer;
    ShopCalendar calendar;
    StatisticsConsumer statistics_consumer;
    StatisticsUpkeep statistics_upkeep;
    /// Holds the jobs of all the above; not started. Its owner may add more before it starts it.
    Scheduler scheduler;

private:
    void add_jobs();
};

}  // namespace marketday::usecases
