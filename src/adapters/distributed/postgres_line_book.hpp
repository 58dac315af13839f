#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/line_book.hpp"

namespace marketday::adapters {

/// Lines in PostgreSQL: tables lines, line_tickets, line_calls, line_news.
class PostgresLineBook final : public ports::LineBook {
public:
    explicit PostgresLineBook(PostgresDatabase& database) : database_(database) {}

    Answer<Founding> found(Founding founding) override;
    Answer<std::optional<Line>> follow(SaleId sale, Seen seen) override;
    Answer<std::monostate> join(SaleId sale, std::vector<Join> joins) override;
    Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) override;
    Answer<bool> close_list(SaleId sale, Closing closing, std::int64_t change, ports::Fence fence) override;
    Answer<WallTime> record_call(SaleId sale, Call call, std::vector<std::int64_t> passed_over, WallTime now,
                                 ports::Fence fence) override;
    Answer<std::monostate> tell(SaleId sale, News news) override;
    Answer<NewsAfter> news_after(SaleId sale, std::int64_t number, std::size_t news_max) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
