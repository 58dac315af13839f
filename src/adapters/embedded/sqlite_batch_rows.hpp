#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/ids.hpp"

struct sqlite3;
struct sqlite3_context;

namespace marketday::adapters {

/// One value on its way into a statement. Texts and blobs are not copied: they outlive the statement.
class BatchValue {
public:
    explicit BatchValue(sqlite3_context* context) : context_(context) {}
    void set(std::int64_t value);
    void set(std::string_view text);
    void set(std::span<const std::uint8_t> blob);
    void set(const Uuid& id) { set(std::span<const std::uint8_t>{id.bytes}); }
    template <class Tag>
    void set(const Id<Tag>& id) {
        set(id.uuid);
    }
    template <class T>
    void set(const std::optional<T>& value) {
        if (value) set(*value);  // else it stays NULL
    }

private:
    sqlite3_context* context_;
};

/// What a batch has for one table, read by a statement through the table-valued function `batch_rows`:
///   connection.write_rows("INSERT INTO ledger (sequence, …) SELECT c0, … FROM batch_rows(?1)", rows);
/// One statement a batch costs about half of one a row (bench/micro/order_book_bench): no binding, stepping, resetting
/// and opening of the tree for each.
class BatchRows {
public:
    static constexpr int kColumnsMax = 13;  // c0 … c12

    virtual ~BatchRows() = default;
    virtual std::size_t size() const = 0;
    /// `column` is below kColumnsMax; what is not set is NULL.
    virtual void value(std::size_t row, int column, BatchValue out) const = 0;
};

/// Makes `batch_rows` known to a connection.
void register_batch_rows(sqlite3* connection);

}  // namespace marketday::adapters
