#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace marketday::audit {

/// How an operation ended for the shopper who made it. `unknown`: no answer, so it may or may not have happened.
enum class Outcome : std::uint8_t { ok, refused, unknown };

enum class OperationKind : std::uint8_t { order, pay, cancel, join, poll, other };

/// One line of a crowd's history.jsonl: what one shopper asked, and what it was told.
struct Operation {
    struct Line {
        std::string sku;
        std::int64_t quantity = 0;
    };
    struct Receipt {
        std::int64_t sequence = 0;
        Hash256 hash{};
    };

    OperationKind kind = OperationKind::other;
    Uuid customer;
    Uuid sale;   // nil: none
    Uuid order;  // nil: none
    std::string key;
    std::vector<Line> lines;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::int64_t status = 0;
    Outcome outcome = Outcome::unknown;
    std::string reason;
    std::string state;
    std::optional<Receipt> receipt;
    std::optional<std::int64_t> place;
};

/// Nothing if `line` is not an operation; then `why` says it in a few words.
std::optional<Operation> parse_operation(std::string_view line, std::string& why);

/// Reads `file` line by line. An unreadable file or a malformed line ends it with one sentence that names file and
/// line.
Result<std::int64_t, std::string> read_history(const std::filesystem::path& file,
                                               const std::function<void(Operation&&)>& take);

}  // namespace marketday::audit
