#pragma once

#include "adapters/distributed/postgres_order_turns.hpp"
#include "adapters/stored/event_message.hpp"
#include "adapters/stored/shop_terms.hpp"
#include "domain/lifecycle.hpp"

namespace marketday::adapters {

/// What one batch writes, gathered in memory and handed to the database's function write_batch as one statement.
class PostgresOrderBatch {
public:
    /// `mark`: PostgresOrderMemory::new_mark; 0 when nothing is decided on it before it is written.
    PostgresOrderBatch(LedgerHead head, PostgresOrderFacts& facts, std::int64_t mark = 0)
        : head_(head), facts_(facts), mark_(mark) {
        last_.epoch = head.epoch;
        last_.sequence = head.sequence;
        last_.hash = head.hash;
    }

    struct Change {
        WallTime at{};
        domain::Movement movement{};
        std::string_view sku;
        std::int64_t units = 0;
        OrderId order;  // nil: none
        std::string_view reason{};
        bool find_by_order = false;  // also list it under its order (not needed for a first reservation)
    };
    domain::Receipt append(const Change& change);
    void add_order(const domain::OrderRequest& request, const domain::Granted& granted,
                   const std::vector<std::int64_t>& price_versions);
    void change_order(const domain::Order& order);
    /// `order`: granted; else `refusal` says why not.
    void add_key(const domain::OrderRequest& request, const std::optional<OrderId>& order,
                 const std::optional<std::string>& refusal);
    /// The one statement. Once, at the end.
    PostgresStatement statement(const EventMessage& events, WallTime at);
    const LedgerHead& head() const { return head_; }
    /// The head as it is when the statement has been done.
    LedgerHead next_head() const;

private:
    using Of = PostgresArray::Of;
    void add_levels();

    LedgerHead head_;
    PostgresOrderFacts& facts_;
    std::int64_t mark_;
    domain::LedgerEntry last_;

    struct Orders {
        PostgresArray order{Of::uuids}, customer{Of::uuids}, sale{Of::integers}, placed{Of::integers};
        PostgresArray hold{Of::integers}, total{Of::integers}, shipping{Of::integers}, currency{Of::texts};
        PostgresArray receipt{Of::integers}, hash{Of::bytes}, address{Of::texts};
    } orders_;
    struct Lines {
        PostgresArray order{Of::uuids}, number{Of::integers}, sku{Of::integers}, quantity{Of::integers};
        PostgresArray price{Of::integers}, version{Of::integers};
    } lines_;
    struct Changed {
        PostgresArray order{Of::uuids}, state{Of::integers}, updated{Of::integers}, hold{Of::integers};
        PostgresArray payment{Of::uuids}, captured{Of::integers}, refunded{Of::integers}, tracking{Of::texts};
    } changed_;
    struct Keys {
        PostgresArray customer{Of::uuids}, key{Of::texts}, at{Of::integers}, hash{Of::bytes}, order{Of::uuids};
        PostgresArray refusal{Of::texts};
    } keys_;
    struct Entries {
        PostgresArray sequence{Of::integers}, at{Of::integers}, movement{Of::integers}, sku{Of::integers};
        PostgresArray units{Of::integers}, order{Of::uuids}, hash{Of::bytes}, reason{Of::texts};
        PostgresArray by_order{Of::integers};
    } entries_;
};

/// What was decided, and the statement that writes it; none when there is nothing to write.
struct DecidedOrders {
    std::vector<domain::Verdict> verdicts;
    std::optional<PostgresStatement> last{};
};
/// Decides a batch: reads what it needs and the turns' memory does not have, and lets the domain decide in order of
/// arrival. The memory knows what will be so when the statement has been done; whoever cannot say that it was lets it
/// forget. `locked`: within the session's transaction, under the head's lock; else without any lock, and the statement
/// is refused, having written nothing, with kOthersWereFirst, or with kAlreadyThere when a customer was taken for new
/// who is not. The caller has the turn.
Task<DecidedOrders> decide_orders(PostgresSession& session, bool locked, PostgresOrderTurns& turns,
                                  const ShopTerms& terms, const Uuid& batch,
                                  const std::vector<domain::OrderRequest>& requests);
/// Decides and writes steps in the same way. The caller has the turn, and every batch has been answered.
Task<std::vector<domain::StepVerdict>> take_steps(PostgresSession& session, bool locked, PostgresOrderMemory& memory,
                                                  const Uuid& batch, const std::vector<domain::OrderStep>& steps);
/// Runs `statement` as the last of the session and commits.
Task<void> send_last(PostgresSession& session, bool locked, PostgresStatement statement);

inline constexpr std::string_view kOthersWereFirst = "MD001";  // raised by write_batch
inline constexpr std::string_view kAlreadyThere = "23505";     // unique_violation

}  // namespace marketday::adapters
