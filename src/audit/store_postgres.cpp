#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <regex>
#include <utility>
#include <vector>

#include "audit/store.hpp"

namespace marketday::audit {
namespace {

constexpr int kRowsAtOnce = 5000;

// What is known of customers stands in tables of its own here.
constexpr const char* kCustomerFacts = R"sql(WITH customer_facts AS (
    SELECT customer_id, 1::bigint AS kind, int8send(sale_no) || int8send(sku_no) AS key, at_ms, units,
           NULL::bytea AS request_hash, NULL::uuid AS order_id, NULL::text AS refusal FROM customer_limits
    UNION ALL SELECT customer_id, 2, convert_to(key, 'UTF8'), at_ms, NULL, request_hash, order_id, refusal
        FROM idempotency_keys
    UNION ALL SELECT customer_id, 3, uuid_send(order_id), placed_ms, NULL, NULL, order_id, NULL FROM orders)
)sql";

std::string first_line(const char* message) {
    const std::string_view text = message;
    return std::string{text.substr(0, text.find('\n'))};
}

/// The statement in PostgreSQL's words: parameters are $1, indexes are chosen by the planner.
std::string translated(const char* sql) {
    static const std::regex kParameter{R"(\?(\d))"};
    static const std::regex kIndex{R"( INDEXED BY \w+)"};
    std::string text = std::regex_replace(std::regex_replace(sql, kParameter, "$$$1"), kIndex, "");
    if (text.find("customer_facts") != std::string::npos) text.insert(0, kCustomerFacts);
    return text;
}

class PostgresEngine final : public Engine {
public:
    PostgresEngine(const std::string& url, const std::atomic<bool>* stop)
        : stop_(stop), connection_(PQconnectdb(url.c_str())) {
        if (connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK) {
            const std::string why = connection_ == nullptr ? "out of memory" : first_line(PQerrorMessage(connection_));
            PQfinish(connection_);
            throw Unreadable(fmt::format("cannot connect to the database: {}", why));
        }
        // One moment for all statements; a long audit is no idle transaction.
        run("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET timezone = 'UTC'");
        run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }
    ~PostgresEngine() override { PQfinish(connection_); }

    std::unique_ptr<Cursor> open(const char* sql) override;
    /// PostgreSQL has no cheap check of all its files; page checksums are its own business (pg_amcheck).
    std::string damage() override { return {}; }
    bool has_table(std::string_view name) override {
        return gives_rows(fmt::format("SELECT 1 FROM pg_class WHERE oid = to_regclass('{}')", name));
    }
    bool has_column(std::string_view table, std::string_view column) override {
        return gives_rows(fmt::format(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('{}') AND attname = '{}'", table, column));
    }
    void gather_customer_facts() override {}

    void look_for_stop() const {
        if (stop_ != nullptr && stop_->load()) throw Unreadable(std::string{kStopped});
    }
    PGconn* connection() { return connection_; }
    int next_name() { return ++names_; }
    void run(const std::string& sql) {
        PGresult* result = PQexec(connection_, sql.c_str());
        const auto status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_with(result);
        PQclear(result);
    }
    [[noreturn]] void fail_with(PGresult* result) const {
        const std::string why = first_line(PQresultErrorMessage(result));
        PQclear(result);
        throw Unreadable(fmt::format("cannot read the database: {}", why));
    }

private:
    bool gives_rows(const std::string& sql) {
        PGresult* result = PQexec(connection_, sql.c_str());
        if (PQresultStatus(result) != PGRES_TUPLES_OK) fail_with(result);
        const bool found = PQntuples(result) > 0;
        PQclear(result);
        return found;
    }

    const std::atomic<bool>* stop_;
    PGconn* connection_;
    int names_ = 0;
};

/// A statement with parameters is prepared and answered whole: it looks one thing up. One without is read through the
/// server's cursor, some thousand rows at a time, however many there are.
class PostgresCursor final : public Cursor {
public:
    PostgresCursor(PostgresEngine& engine, const char* sql)
        : engine_(engine), sql_(translated(sql)), name_(fmt::format("audit{}", engine.next_name())) {
        has_parameters_ = std::string_view{sql}.find('?') != std::string_view::npos;
    }
    ~PostgresCursor() override {
        PQclear(result_);
        if (!begun_ || PQtransactionStatus(engine_.connection()) != PQTRANS_INTRANS) return;
        const std::string end = (has_parameters_ ? "DEALLOCATE " : "CLOSE ") + name_;
        PQclear(PQexec(engine_.connection(), end.c_str()));
    }

    void bind(int position, std::int64_t value) override {
        std::string& bytes = value_at(position);
        bytes.clear();
        for (int i = 7; i >= 0; --i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
    void bind(int position, std::span<const std::uint8_t> blob) override {
        value_at(position).assign(blob.begin(), blob.end());
    }
    void again() override {
        values_.clear();
        answered_ = false;
        row_ = -1;
    }
    bool next() override {
        if (!begun_) begin();
        if (has_parameters_) {
            if (!answered_) look_up();
        } else if (row_ + 1 >= rows()) {
            if (answered_ && rows() < kRowsAtOnce) return false;
            fetch();
        }
        return ++row_ < rows();
    }
    bool null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
    std::int64_t integer(int column) const override {
        const auto raw = bytes(column);
        if (raw.empty() || raw.size() > 8) return 0;
        std::int64_t value = raw.size() == 1 ? raw[0] : static_cast<std::int8_t>(raw[0]);
        for (std::size_t i = 1; i < raw.size(); ++i) value = (value << 8) | raw[i];
        return value;
    }
    std::span<const std::uint8_t> bytes(int column) const override {
        return {reinterpret_cast<const std::uint8_t*>(PQgetvalue(result_, row_, column)),
                static_cast<std::size_t>(PQgetlength(result_, row_, column))};
    }

private:
    int rows() const { return result_ == nullptr ? 0 : PQntuples(result_); }
    std::string& value_at(int position) {
        if (values_.size() < static_cast<std::size_t>(position)) values_.resize(static_cast<std::size_t>(position));
        return values_[static_cast<std::size_t>(position) - 1];
    }
    void begin() {
        engine_.look_for_stop();
        begun_ = true;
        if (!has_parameters_) return engine_.run("DECLARE " + name_ + " BINARY CURSOR FOR " + sql_);
        PGresult* prepared = PQprepare(engine_.connection(), name_.c_str(), sql_.c_str(), 0, nullptr);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK) engine_.fail_with(prepared);
        PQclear(prepared);
    }
    void keep(PGresult* result) {
        PQclear(std::exchange(result_, nullptr));
        if (PQresultStatus(result) != PGRES_TUPLES_OK) engine_.fail_with(result);
        result_ = result;
        row_ = -1;
        answered_ = true;
    }
    void look_up() {
        engine_.look_for_stop();
        std::vector<const char*> values;
        std::vector<int> lengths;
        for (const auto& value : values_)
            values.push_back(value.data()), lengths.push_back(static_cast<int>(value.size()));
        const std::vector<int> formats(values.size(), 1);
        keep(PQexecPrepared(engine_.connection(), name_.c_str(), static_cast<int>(values.size()), values.data(),
                            lengths.data(), formats.data(), 1));
    }
    void fetch() {
        engine_.look_for_stop();
        const std::string more = fmt::format("FETCH {} FROM {}", kRowsAtOnce, name_);
        keep(PQexecParams(engine_.connection(), more.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
    }

    PostgresEngine& engine_;
    std::string sql_;
    std::string name_;
    bool has_parameters_ = false;
    bool begun_ = false;
    bool answered_ = false;
    std::vector<std::string> values_;
    PGresult* result_ = nullptr;
    int row_ = -1;
};

std::unique_ptr<Cursor> PostgresEngine::open(const char* sql) { return std::make_unique<PostgresCursor>(*this, sql); }

}  // namespace

std::unique_ptr<Engine> open_postgres(const std::string& url, const std::atomic<bool>* stop) {
    return std::make_unique<PostgresEngine>(url, stop);
}

}  // namespace marketday::audit
