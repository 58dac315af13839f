#include "adapters/embedded/sqlite_batch_rows.hpp"

#include <sqlite3.h>

#include "adapters/embedded/sqlite_connection.hpp"

namespace marketday::adapters {
namespace {

constexpr const char* kPointerType = "marketday-batch-rows";
constexpr int kRowsArgument = BatchRows::kColumnsMax;  // the hidden column behind c0 … c12

struct Cursor {
    sqlite3_vtab_cursor base;  // first: SQLite sees only this
    const BatchRows* rows;
    std::size_t row;
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) { return *reinterpret_cast<Cursor*>(cursor); }

int connect(sqlite3* connection, void*, int, const char* const*, sqlite3_vtab** table, char**) {
    const int code = sqlite3_declare_vtab(
        connection, "CREATE TABLE x(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, rows HIDDEN)");
    if (code != SQLITE_OK) return code;
    sqlite3_vtab_config(connection, SQLITE_VTAB_DIRECTONLY);
    *table = static_cast<sqlite3_vtab*>(sqlite3_malloc(sizeof(sqlite3_vtab)));
    if (*table == nullptr) return SQLITE_NOMEM;
    **table = {};
    return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto& constraint = info->aConstraint[i];
        if (constraint.iColumn != kRowsArgument || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
        if (constraint.usable == 0) return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->estimatedCost = 1;
        info->estimatedRows = 100;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;  // without rows there is nothing to read
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** made) {
    auto* cursor = static_cast<Cursor*>(sqlite3_malloc(sizeof(Cursor)));
    if (cursor == nullptr) return SQLITE_NOMEM;
    *cursor = {};
    *made = &cursor->base;
    return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
    sqlite3_free(cursor);
    return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int count, sqlite3_value** arguments) {
    const void* rows = count == 1 ? sqlite3_value_pointer(arguments[0], kPointerType) : nullptr;
    cursor_of(cursor).rows = static_cast<const BatchRows*>(rows);
    cursor_of(cursor).row = 0;
    return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
    ++cursor_of(cursor).row;
    return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) {
    const Cursor& here = cursor_of(cursor);
    return here.rows == nullptr || here.row >= here.rows->size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int number) {
    const Cursor& here = cursor_of(cursor);
    if (number < BatchRows::kColumnsMax) here.rows->value(here.row, number, BatchValue{context});
    return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(cursor_of(cursor).row);
    return SQLITE_OK;
}

const sqlite3_module kModule = [] {
    sqlite3_module module{};
    module.xConnect = connect;  // and no xCreate: it exists by its name alone, in every schema
    module.xBestIndex = best_index;
    module.xDisconnect = disconnect;
    module.xOpen = open;
    module.xClose = close;
    module.xFilter = filter;
    module.xNext = next;
    module.xEof = at_end;
    module.xColumn = column;
    module.xRowid = row_id;
    return module;
}();

}  // namespace

void BatchValue::set(std::int64_t value) { sqlite3_result_int64(context_, value); }
void BatchValue::set(std::string_view text) {
    sqlite3_result_text(context_, text.data() != nullptr ? text.data() : "", static_cast<int>(text.size()),
                        SQLITE_STATIC);
}
void BatchValue::set(std::span<const std::uint8_t> blob) {
    sqlite3_result_blob(context_, blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "",
                        static_cast<int>(blob.size()), SQLITE_STATIC);
}

void register_batch_rows(sqlite3* connection) {
    const int code = sqlite3_create_module(connection, "batch_rows", &kModule, nullptr);
    if (code != SQLITE_OK) throw SqliteError{code, "cannot register batch_rows"};
}

void SqliteConnection::write_rows(const char* sql, const BatchRows& rows) {
    if (rows.size() == 0) return;
    SqliteQuery query{statement(sql), SqliteQuery::Bound::lasting};
    // SQLite hands the pointer back to `filter` only; it never writes through it.
    query.bind_pointer(1, const_cast<BatchRows*>(&rows), kPointerType);
    query.run();
}

}  // namespace marketday::adapters
