#pragma once

#include <filesystem>
#include <memory>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "cli/config.hpp"
#include "http/metrics.hpp"
#include "ports/accounts.hpp"
#include "ports/baskets.hpp"
#include "ports/catalogue.hpp"
#include "ports/event_bus.hpp"
#include "ports/freshness.hpp"
#include "ports/leases.hpp"
#include "ports/line_book.hpp"
#include "ports/operators.hpp"
#include "ports/operators_log.hpp"
#include "ports/order_book.hpp"
#include "ports/payment_journal.hpp"
#include "ports/sessions.hpp"
#include "ports/statistics.hpp"

namespace marketday::cli {

/// Everything of a shop that its database keeps, whichever engine that is.
class Stores {
public:
    virtual ~Stores() = default;
    virtual ports::OrderBook& order_book() = 0;
    virtual ports::Accounts& accounts() = 0;
    virtual ports::Sessions& sessions() = 0;
    virtual ports::Operators& operators() = 0;
    virtual ports::OperatorsLog& operators_log() = 0;
    virtual ports::Catalogue& catalogue() = 0;
    virtual ports::LineBook& line_book() = 0;
    virtual ports::PaymentJournal& payment_journal() = 0;
    virtual ports::Leases& leases() = 0;
    virtual ports::EventBus& event_bus() = 0;
    virtual ports::EventMemory& event_memory() = 0;
    virtual ports::Statistics& statistics() = 0;
    virtual ports::Baskets& baskets() = 0;

    /// Null where every read sees every write.
    virtual ports::WriteHistory* history() { return nullptr; }

    /// Calls `heard` on `executor` with the body of each message of a topic that is published from now on, at most once
    /// each; nothing where no engine carries the events. Until `stop`.
    virtual void hear(const std::string&, Executor&, std::function<void(std::string body)>) {}

    /// The shop's one secret, the same in every process of the shop.
    virtual const Hash256& secret() const = 0;
    /// Ends the threads that work for suspended tasks; before the executors end.
    virtual void stop() = 0;
    /// Whether the last write failed for a reason that the next one will meet too: a full disk, a lost server.
    virtual bool failing() const = 0;
    /// Commits a change that means nothing, so that `failing` tells how it is now.
    virtual Task<void> try_writing() = 0;
    /// From any thread.
    virtual void collect(std::vector<http::Sample>& samples) const = 0;
};

/// Opens the database that the configuration names: PostgreSQL when the setting `database` is a URL, else a SQLite file
/// in `data`. Throws std::runtime_error with one line that says what to do.
std::unique_ptr<Stores> make_stores(const Config& config, const std::filesystem::path& data, const Clock& clock,
                                    Random& random, UuidSource& uuids);

/// The database as the audit is told of it: a URL or a file.
std::string database_name(const Config& config, const std::filesystem::path& data);

}  // namespace marketday::cli
