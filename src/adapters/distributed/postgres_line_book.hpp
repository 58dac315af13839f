#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/line_book.hpp"

namespace marketday::adapters {

/// Lines in PostgreSQL: tables lines, line_tickets, line_calls.
class PostgresLineBook final : public ports::LineBook {
public:
    explicit PostgresLineBook(PostgresDatabase& database) : database_(database) {}

    Answer<StoredLine> found(Founding founding) override;
    Answer<std::optional<StoredLine>> find(SaleId sale) override;
    Answer<std::int64_t> raise_sequence_mark(SaleId sale, std::int64_t mark) override;
    Answer<std::vector<Added>> add(SaleId sale, std::vector<NewTicket> tickets) override;
    Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) override;
    Answer<std::vector<StoredTicket>> tickets_after(SaleId sale, std::int64_t sequence,
                                                    std::size_t tickets_max) override;
    Answer<Closing> close_list(SaleId sale, Closing closing) override;
    Answer<std::monostate> record_call(SaleId sale, Call call, WallTime now) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
