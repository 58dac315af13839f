#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/async/blocking.hpp"
#include "base/async/task.hpp"
#include "ports/catalogue.hpp"
#include "usecases/import_records.hpp"
#include "usecases/import_row.hpp"

namespace marketday::usecases {

/// What an import did. Every record ends in exactly one of created, updated, unchanged, skipped, refused.
struct ImportReport {
    struct Refusal {
        std::int64_t line = 0;
        std::string sku;  // empty when it could not be read
        std::string reason;
        bool operator==(const Refusal&) const = default;
    };
    std::int64_t created = 0;
    std::int64_t updated = 0;
    std::int64_t unchanged = 0;
    std::int64_t skipped = 0;
    std::int64_t stock_kept = 0;   // unchanged, although the record names a stock: only a new product gets one
    std::vector<Refusal> refused;  // by line
    /// Products whose price was in a currency that is not the shop's, by its code.
    std::map<std::string, std::int64_t> foreign_prices;

    std::int64_t imported() const { return created + updated + unchanged; }
    std::int64_t records() const { return imported() + skipped + static_cast<std::int64_t>(refused.size()); }
    void add(ImportReport other);
};

/// Takes products into the catalogue. Each product is written whole or not at all; the same record again changes
/// nothing. Records of one batch are written in order, and batches in the order of the calls, so the last record of a
/// SKU wins.
class Import {
public:
    enum class Error {
        unavailable,      // The store did not take the batch, or not all of it; running the import again completes it.
        outcome_unknown,  // Perhaps it did; the same.
        busy,             // Too many imports at once: try again later.
    };
    struct Options {
        Currency currency;  // the shop's
        /// Products a transaction: many when nobody waits (`marketday import --data`), few beside shoppers.
        std::size_t writes_per_commit = 200;
    };
    /// `pool` parses; one thread keeps the order.
    Import(ports::Catalogue& catalogue, BlockingPool& pool, Options options)
        : catalogue_(catalogue), pool_(pool), options_(options) {}

    struct Record {
        std::int64_t line = 0;
        std::string text;
        bool too_long = false;
    };
    struct Batch {
        std::vector<Record> records;
        /// Set for CSV; absent for JSON Lines.
        std::optional<CsvColumns> columns;
        NoPriceChoice no_price;
    };
    Task<Result<ImportReport, Error>> take(Batch batch);

    Currency currency() const { return options_.currency; }

private:
    ports::Catalogue& catalogue_;
    BlockingPool& pool_;
    Options options_;
};

}  // namespace marketday::usecases
