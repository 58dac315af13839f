#pragma once

#include <optional>
#include <stdexcept>

#include "audit/audit.hpp"
#include "audit/audit_test_shop.hpp"

namespace marketday::audit {

/// A shop after a small sale: 6 of 10 units sold, one held, one cancelled, refunds of both sorts, a restart, a refusal.
struct AfterSale {
    TestShop shop;
    Uuid paid;
    Uuid second_paid;
    Uuid held;
    Uuid cancelled;
    Uuid restocked;
    Uuid kept;

    AfterSale() {
        shop.receive("lantern-01", 10, 12000);
        shop.receive("teapot-02", 5, 8000);
        shop.sale("lantern-01", 10, 2);
        paid = shop.order(1, "k-1", "lantern-01", 2);
        second_paid = shop.order(2, "k-2", "lantern-01", 1);
        shop.pay(paid);
        held = shop.order(3, "k-3", "lantern-01", 1);
        cancelled = shop.order(4, "k-4", "lantern-01", 2);
        shop.restart();
        shop.restart();
        shop.pay(second_paid);
        shop.cancel(cancelled);
        restocked = shop.order(5, "k-5", "lantern-01", 1);
        shop.pay(restocked);
        shop.refund(restocked, true);
        kept = shop.order(6, "k-6", "lantern-01", 1);
        shop.pay(kept);
        shop.refund(kept, false);
        shop.refuse(7, "k-7", "lantern-01", "limit-reached");
    }

    Report audit(bool at_rest = false) {
        shop.write_history();
        const auto report = run({shop.file(), {shop.history_file()}, at_rest});
        if (!report) throw std::runtime_error(report.error());
        return *report;
    }
};

}  // namespace marketday::audit
