#include "audit/store.hpp"

#include <algorithm>

namespace marketday::audit {

bool is_postgres(std::string_view name) { return name.starts_with("postgres://") || name.starts_with("postgresql://"); }

Rows::Rows(Store& store, const char* sql) : cursor_(store.engine().open(sql)) {}

std::string Rows::text(int column) const {
    const auto bytes = blob(column);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Uuid Rows::uuid(int column) const {
    const auto bytes = blob(column);
    Uuid id;
    if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

Store::Store(const std::string& database, const std::atomic<bool>* stop)
    : name_(is_postgres(database) ? "the database" : database),
      engine_(is_postgres(database) ? open_postgres(database, stop) : open_sqlite(database, stop)) {}

std::int64_t Store::number(const char* sql) {
    Rows rows{*this, sql};
    return rows.next() ? rows.integer(0) : 0;
}

}  // namespace marketday::audit
