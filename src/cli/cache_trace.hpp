#pragma once

#include <cstdint>
#include <string>

#include "base/cache/replay.hpp"

namespace marketday::cli {

struct ReadTrace {
    CacheTrace trace;
    std::uint64_t lines_skipped = 0;  // of orders: cancellations, and lines without a stock code
};

/// A file ("-": standard input), plain or gzipped, of keys, one a line, each with its bytes after a space or with
/// `entry_bytes`. A key's entry takes the most that any of its lines says. Throws CommandError with file and line.
ReadTrace read_key_trace(const std::string& path, std::uint64_t entry_bytes);

/// The SKUs of an orders file in order, one for each line of an invoice: CSV with a header that names InvoiceNo and
/// StockCode.
ReadTrace read_orders_trace(const std::string& path, std::uint64_t entry_bytes);

}  // namespace marketday::cli
