#include <fmt/format.h>

#include <boost/json.hpp>

#include <unordered_set>

#include "audit/checks.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::audit {
namespace {

constexpr std::int64_t kPending = 1;
constexpr std::int64_t kActive = 2;

// An address is personal data: it is named by a short hash, equal for equal addresses.
std::string address_name(const std::string& address) {
    const Hash256 hash = blake2b(address);
    return "address #" + to_hex(std::span{hash}.first(6));
}

void check_claims(Store& store, Check& unique) {
    std::unordered_map<std::string, Uuid> holders;
    for (Rows rows{store,
                   "SELECT e.address, e.customer, e.state, c.id IS NULL FROM email_claims e "
                   "LEFT JOIN customers c ON c.id = e.customer"};
         rows.next();) {
        const std::string address = rows.text(0);
        unique.examined();
        const auto [first, fresh] = holders.try_emplace(address, rows.uuid(1));
        if (!fresh)
            unique.violated(
                address_name(address), "claimed by one customer",
                fmt::format("claimed by customers {} and {}", first->second.to_string(), rows.uuid(1).to_string()));
        if (rows.integer(3) != 0)
            unique.violated(address_name(address), "its customer " + rows.uuid(1).to_string(), "no such customer");
        if (rows.integer(2) != kPending && rows.integer(2) != kActive)
            unique.violated(address_name(address), "pending or active", fmt::format("state {}", rows.integer(2)));
    }
    for (Rows rows{store,
                   "SELECT c.id FROM customers c WHERE NOT EXISTS "
                   "(SELECT 1 FROM email_claims e WHERE e.customer = c.id)"};
         rows.next();)
        unique.violated("customer " + rows.uuid(0).to_string(), "a claim to its address", "none");
}

void check_customer_ids(Store& store, Check& unique) {
    std::unordered_set<Uuid> customers;
    for (Rows rows{store, "SELECT id FROM customers"}; rows.next();)
        if (!customers.insert(rows.uuid(0)).second)
            unique.violated("customer " + rows.uuid(0).to_string(), "one account", "two accounts with this id");
    for (Rows rows{store, "SELECT order_id, customer_id FROM orders"}; rows.next();)
        if (!customers.contains(rows.uuid(1)))
            unique.violated("order " + rows.uuid(0).to_string(), "its customer " + rows.uuid(1).to_string(),
                            "no such customer");
}

void check_sessions(Store& store, Check& unique) {
    std::unordered_map<std::string, Uuid> owners;
    for (Rows rows{store,
                   "SELECT s.key, s.customer, c.id IS NULL FROM sessions s LEFT JOIN customers c ON c.id = s.customer"};
         rows.next();) {
        const std::string key = to_hex(rows.blob(0));
        const auto [first, fresh] = owners.try_emplace(key, rows.uuid(1));
        if (!fresh)
            unique.violated("session " + key.substr(0, 12), "of one customer",
                            fmt::format("of customers {} and {}", first->second.to_string(), rows.uuid(1).to_string()));
        if (rows.integer(2) != 0)
            unique.violated("session " + key.substr(0, 12), "its customer " + rows.uuid(1).to_string(),
                            "no such customer");
    }
}

}  // namespace

void check_accounts(Site& site, Report& report) {
    Check& unique = report.add("accounts-unique", "Addresses, ids and sessions are one customer's each", "addresses");
    if (!site.store.has_table("customers")) {
        unique.skip("no accounts in this database");
        return;
    }
    check_claims(site.store, unique);
    check_customer_ids(site.store, unique);
    check_sessions(site.store, unique);
}

static bool is_json_array(std::string_view text) {
    boost::json::error_code error;
    const auto value = boost::json::parse(text, error);
    return !error && value.is_array();
}

void check_outbox(Site& site, bool drained, Report& report) {
    Check& outbox = report.add("outbox-drains", "The outbox has what happened and drains", "messages");
    for (Rows rows{site.store, "SELECT position, events, sent FROM outbox ORDER BY position"}; rows.next();) {
        outbox.examined();
        const std::string name = fmt::format("outbox message {}", rows.integer(0));
        if (!is_json_array(rows.text(1))) outbox.violated(name, "a JSON array of events", "text that is not JSON");
        if (rows.integer(2) == 0) ++report.outbox_pending;
    }
    if (report.outbox_pending > 0) {
        outbox.note(fmt::format("{} pending", grouped(report.outbox_pending)));
        if (drained)
            outbox.violated("outbox", "nothing pending once the shop is at rest",
                            fmt::format("{} pending", report.outbox_pending));
    }
}

}  // namespace marketday::audit
