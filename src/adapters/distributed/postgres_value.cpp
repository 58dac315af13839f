#include "adapters/distributed/postgres_value.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

// pg_type.oid of the types that cross the wire (src/include/catalog/pg_type.dat of PostgreSQL); they never change.
constexpr std::uint32_t kBoolOid = 16;
constexpr std::uint32_t kByteaOid = 17;
constexpr std::uint32_t kInt8Oid = 20;
constexpr std::uint32_t kTextOid = 25;
constexpr std::uint32_t kByteaArrayOid = 1001;
constexpr std::uint32_t kTextArrayOid = 1009;
constexpr std::uint32_t kInt8ArrayOid = 1016;
constexpr std::uint32_t kUuidOid = 2950;
constexpr std::uint32_t kUuidArrayOid = 2951;

template <class T>
void append_big_endian(std::string& out, T value) {
    const auto bits = static_cast<std::make_unsigned_t<T>>(value);
    std::array<char, sizeof(T)> bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(bits >> (8 * (sizeof(T) - 1 - i)));
    out.append(bytes.data(), bytes.size());
}

const PGresult* as_result(const void* result) { return static_cast<const PGresult*>(result); }

}  // namespace

PostgresValue to_postgres(std::int64_t value) {
    PostgresValue out{kInt8Oid, false, {}};
    append_big_endian(out.bytes, value);
    return out;
}
PostgresValue to_postgres(std::string_view value) { return {kTextOid, false, std::string{value}}; }
PostgresValue to_postgres(std::span<const std::uint8_t> value) {
    return {kByteaOid, false, std::string(value.begin(), value.end())};
}
PostgresValue to_postgres(const Uuid& value) {
    return {kUuidOid, false, std::string(value.bytes.begin(), value.bytes.end())};
}

void PostgresArray::begin_element(std::size_t bytes) {
    ++size_;
    append_big_endian(elements_, static_cast<std::int32_t>(bytes));
}
void PostgresArray::add(std::int64_t value) {
    MD_ASSERT(of_ == Of::integers);
    begin_element(8);
    append_big_endian(elements_, value);
}
void PostgresArray::add(std::string_view value) {
    MD_ASSERT(of_ == Of::texts);
    begin_element(value.size());
    elements_ += value;
}
void PostgresArray::add(std::span<const std::uint8_t> value) {
    MD_ASSERT(of_ == Of::bytes);
    begin_element(value.size());
    elements_.append(value.begin(), value.end());
}
void PostgresArray::add(const Uuid& value) {
    MD_ASSERT(of_ == Of::uuids);
    begin_element(value.bytes.size());
    elements_.append(value.bytes.begin(), value.bytes.end());
}
void PostgresArray::add_null() {
    ++size_;
    has_null_ = true;
    append_big_endian(elements_, std::int32_t{-1});
}

// array_recv: dimensions, flags, element type, then length and lower bound of the one dimension.
PostgresValue PostgresArray::take() {
    std::uint32_t element = 0;
    std::uint32_t array = 0;
    switch (of_) {
        case Of::integers: element = kInt8Oid, array = kInt8ArrayOid; break;
        case Of::texts: element = kTextOid, array = kTextArrayOid; break;
        case Of::bytes: element = kByteaOid, array = kByteaArrayOid; break;
        case Of::uuids: element = kUuidOid, array = kUuidArrayOid; break;
    }
    PostgresValue out{array, false, {}};
    out.bytes.reserve(20 + elements_.size());
    append_big_endian(out.bytes, std::int32_t{size_ == 0 ? 0 : 1});
    append_big_endian(out.bytes, std::int32_t{has_null_ ? 1 : 0});
    append_big_endian(out.bytes, element);
    if (size_ > 0) {
        append_big_endian(out.bytes, size_);
        append_big_endian(out.bytes, std::int32_t{1});
        out.bytes += elements_;
    }
    size_ = 0;
    has_null_ = false;
    elements_.clear();
    return out;
}

PostgresRows::~PostgresRows() { PQclear(static_cast<PGresult*>(result_)); }

bool PostgresRows::step() { return ++row_ < PQntuples(as_result(result_)); }

std::size_t PostgresRows::size() const { return static_cast<std::size_t>(PQntuples(as_result(result_))); }

std::int64_t PostgresRows::changes() const {
    const char* text = PQcmdTuples(static_cast<PGresult*>(result_));
    return *text == '\0' ? 0 : std::stoll(text);
}

bool PostgresRows::is_null(int column) const { return PQgetisnull(as_result(result_), row_, column) != 0; }

std::int64_t PostgresRows::integer(int column) const {
    const auto bytes = blob(column);
    if (bytes.empty()) return 0;
    const std::uint32_t type = PQftype(as_result(result_), column);
    MD_ASSERT(bytes.size() <= 8 && type != kTextOid && type != kByteaOid);
    if (type == kBoolOid) return bytes[0];
    // Shorter whole numbers are widened with their sign.
    std::int64_t value = static_cast<std::int8_t>(bytes[0]);
    for (std::size_t i = 1; i < bytes.size(); ++i) value = (value << 8) | bytes[i];
    return value;
}

std::string_view PostgresRows::text_view(int column) const {
    const auto bytes = blob(column);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> PostgresRows::blob(int column) const {
    const PGresult* result = as_result(result_);
    MD_ASSERT(row_ >= 0 && row_ < PQntuples(result) && column < PQnfields(result));
    return {reinterpret_cast<const std::uint8_t*>(PQgetvalue(result, row_, column)),
            static_cast<std::size_t>(PQgetlength(result, row_, column))};
}

Uuid PostgresRows::uuid(int column) const {
    Uuid id;
    const auto bytes = blob(column);
    if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

Hash256 PostgresRows::hash(int column) const {
    Hash256 hash{};
    const auto bytes = blob(column);
    if (bytes.size() == hash.size()) std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace marketday::adapters
