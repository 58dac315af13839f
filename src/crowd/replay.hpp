#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crowd/target.hpp"

namespace marketday::crowd {

/// One real invoice, or a part of one that had more than 50 lines.
struct Invoice {
    std::int64_t at_s = 0;  // since the file's first invoice
    std::string customer;   // may be empty
    struct Line {
        std::string sku;  // "uci-" and the stock code
        std::int64_t quantity = 0;
    };
    std::vector<Line> lines;  // 1..50, each SKU once
};

struct ReplayFile {
    std::vector<Invoice> invoices;  // by time, then as in the file
    std::uint64_t rows = 0;
    std::uint64_t rows_skipped = 0;  // cancellations, negative or zero quantities, zero prices, unreadable rows
};

/// Reads the columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country of `csv`
/// (RFC 4180). Lines of one invoice with the same SKU become one, up to 10,000 units.
Result<ReplayFile, Trouble> read_invoices(std::string_view csv);

}  // namespace marketday::crowd
