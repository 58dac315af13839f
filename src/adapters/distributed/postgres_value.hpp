#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"

namespace marketday::adapters {

/// One parameter of a statement: its type and its bytes in PostgreSQL's binary format.
struct PostgresValue {
    std::uint32_t type = 0;  // pg_type.oid
    bool null = false;
    std::string bytes;
};

PostgresValue to_postgres(std::int64_t value);
PostgresValue to_postgres(std::string_view value);
PostgresValue to_postgres(std::span<const std::uint8_t> value);
PostgresValue to_postgres(const Uuid& value);
inline PostgresValue to_postgres(int value) { return to_postgres(static_cast<std::int64_t>(value)); }
/// Flags are stored as 0 and 1.
inline PostgresValue to_postgres(bool value) { return to_postgres(std::int64_t{value ? 1 : 0}); }
inline PostgresValue to_postgres(const std::string& value) { return to_postgres(std::string_view{value}); }
inline PostgresValue to_postgres(const char* value) { return to_postgres(std::string_view{value}); }
inline PostgresValue to_postgres(const Hash256& value) { return to_postgres(std::span<const std::uint8_t>{value}); }
inline PostgresValue to_postgres(PostgresValue value) { return value; }
template <class Tag>
PostgresValue to_postgres(const Id<Tag>& value) {
    return to_postgres(value.uuid);
}
template <class T>
PostgresValue to_postgres(const std::optional<T>& value) {
    if (value) return to_postgres(*value);
    PostgresValue none = to_postgres(T{});
    none.null = true;
    none.bytes.clear();
    return none;
}

/// A one-dimensional array, filled element by element and given to a statement as one parameter.
///   PostgresArray skus{PostgresArray::Of::texts};
///   for (…) skus.add(sku);
///   rows = co_await session.query("… = ANY($1)", skus.take());
class PostgresArray {
public:
    enum class Of : std::uint8_t { integers, texts, bytes, uuids };
    explicit PostgresArray(Of of) : of_(of) {}

    void add(std::int64_t value);
    void add(std::string_view value);
    void add(std::span<const std::uint8_t> value);
    void add(const Uuid& value);
    void add(int value) { add(static_cast<std::int64_t>(value)); }
    void add(const std::string& value) { add(std::string_view{value}); }
    void add(const char* value) { add(std::string_view{value}); }
    void add(const Hash256& value) { add(std::span<const std::uint8_t>{value}); }
    template <class Tag>
    void add(const Id<Tag>& value) {
        add(value.uuid);
    }
    template <class T>
    void add(const std::optional<T>& value) {
        if (value)
            add(*value);
        else
            add_null();
    }
    void add_null();
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    /// The parameter; the array is empty afterwards.
    PostgresValue take();

private:
    void begin_element(std::size_t bytes);

    Of of_;
    std::int32_t size_ = 0;
    bool has_null_ = false;
    std::string elements_;
};

/// Something PostgreSQL refuses, or a connection that is gone.
class PostgresError : public std::runtime_error {
public:
    enum class Kind : std::uint8_t {
        refused,    // the server said so; `state` is its SQLSTATE
        lost,       // the connection ended or could not be made
        timed_out,  // no answer within the deadline
        broken,     // what is stored is not what this program writes
    };
    PostgresError(Kind kind_of, std::string sql_state, const std::string& what)
        : std::runtime_error(what), kind(kind_of), state(std::move(sql_state)) {}
    Kind kind;
    std::string state;
};

/// The rows of one answer, walked from the first. Owns them.
///   auto rows = co_await session.query("SELECT available FROM stock WHERE sku_no = $1", sku_no);
///   if (rows.step()) use(rows.integer(0));
class PostgresRows {
public:
    /// `result`: a PGresult in binary format.
    explicit PostgresRows(void* result) : result_(result) {}
    PostgresRows(PostgresRows&& other) noexcept : result_(std::exchange(other.result_, nullptr)), row_(other.row_) {}
    PostgresRows& operator=(PostgresRows&& other) noexcept {
        std::swap(result_, other.result_);
        std::swap(row_, other.row_);
        return *this;
    }
    ~PostgresRows();

    /// True when a row is there, false at the end.
    bool step();
    std::size_t size() const;
    /// Rows that the statement inserted, updated or deleted.
    std::int64_t changes() const;

    bool is_null(int column) const;
    std::int64_t integer(int column) const;  // of any whole type; 0 for none
    std::string text(int column) const { return std::string{text_view(column)}; }
    std::string_view text_view(int column) const;  // while the rows live
    std::span<const std::uint8_t> blob(int column) const;
    Uuid uuid(int column) const;     // nil for none
    Hash256 hash(int column) const;  // zeros unless it is 32 bytes

private:
    void* result_;
    int row_ = -1;
};

}  // namespace marketday::adapters
