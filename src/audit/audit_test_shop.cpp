#include "audit/audit_test_shop.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

#include "base/text.hpp"

namespace marketday::audit {
namespace {

std::string literal(std::span<const std::uint8_t> bytes) { return "x'" + to_hex(bytes) + "'"; }

Uuid numbered(std::uint8_t of_what, int number) {
    Uuid id;
    id.bytes = {0x01,
                0x93,
                0,
                0,
                0,
                of_what,
                0x70,
                0,
                0x80,
                0,
                0,
                0,
                0,
                0,
                static_cast<std::uint8_t>(number >> 8),
                static_cast<std::uint8_t>(number)};
    return id;
}

std::set<std::filesystem::path> migrations() {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{MARKETDAY_SCHEMA_DIR "/sqlite"})
        if (entry.path().extension() == ".sql") files.insert(entry.path());
    return files;
}

std::string limit_key(std::int64_t sale_no, std::int64_t sku_no) {
    return fmt::format("x'{:016x}{:016x}'", sale_no, sku_no);
}

}  // namespace

std::string blob(const Uuid& id) { return literal(id.bytes); }

TestShop::TestShop() {
    std::string pattern = (std::filesystem::temp_directory_path() / "marketday-audit-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    file_ = directory_ / "marketday.db";
    history_file_ = directory_ / "history.jsonl";
    if (sqlite3_open(file_.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("cannot open the test's database");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;");
    for (const auto& migration : migrations()) {
        std::ifstream stream{migration};
        std::stringstream sql;
        sql << stream.rdbuf();
        run(sql.str());
    }
    restart();
}

TestShop::~TestShop() {
    sqlite3_close(handle_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void TestShop::run(const std::string& sql) {
    char* message = nullptr;
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return;
    const std::string why = fmt::format("{} in: {}", message, sql);
    sqlite3_free(message);
    throw std::runtime_error(why);
}

void TestShop::plant(const std::string& sql) { run("PRAGMA ignore_check_constraints = ON;" + sql); }

void TestShop::restart() {
    const Hash256 genesis = domain::epoch_genesis(last_.epoch + 1, last_.hash);
    run(fmt::format("INSERT INTO ledger_epochs VALUES ({}, {}, {}, {})", last_.epoch + 1, now_ms_, last_.sequence + 1,
                    literal(genesis)));
    ++last_.epoch;
    last_.hash = genesis;
}

domain::Receipt TestShop::append(domain::Movement movement, const std::string& sku, std::int64_t units,
                                 const Uuid& order) {
    const Hash256 previous = last_.hash;
    ++last_.sequence;
    last_.at = from_unix_ms(++now_ms_);
    last_.movement = movement;
    last_.sku = sku;
    last_.units = units;
    last_.order = OrderId{order};
    last_.hash = domain::chain(previous, last_);
    run(fmt::format("INSERT INTO ledger VALUES ({}, {}, {}, {}, {}, {}, {}, {}, NULL)", last_.sequence, last_.epoch,
                    now_ms_, static_cast<int>(movement), sku_nos_.at(sku), units, order.is_nil() ? "NULL" : blob(order),
                    literal(last_.hash)));
    return {last_.sequence, last_.hash};
}

Uuid TestShop::customer(int number) {
    const Uuid id = numbered(0xc, number);
    if (std::ranges::find(customers_, number) == customers_.end()) {
        customers_.push_back(number);
        run(
            fmt::format("INSERT INTO customers VALUES ({0}, 'c{1}@example.com', '$x', 1, 1, 1, 1);"
                        "INSERT INTO email_claims VALUES ('c{1}@example.com', {0}, 2, 1);"
                        "INSERT INTO sessions VALUES (x'{1:064x}', {0}, 1, 2)",
                        blob(id), number));
    }
    return id;
}

void TestShop::receive(const std::string& sku, std::int64_t units, std::int64_t price_minor) {
    const auto sku_no = static_cast<std::int64_t>(sku_nos_.size()) + 1;
    sku_nos_[sku] = sku_no;
    prices_[sku] = price_minor;
    run(
        fmt::format("INSERT INTO offers VALUES ({0}, '{1}', {2}, 'KRW', 0, 100, 1);"
                    "INSERT INTO stock (sku_no, received, available) VALUES ({0}, {3}, {3})",
                    sku_no, sku, price_minor, units));
    append(domain::Movement::receive, sku, units, Uuid{});
}

void TestShop::sale(const std::string& sku, std::int64_t units, std::int64_t limit) {
    run(
        fmt::format("INSERT OR IGNORE INTO sales VALUES (1, {}, '{{\"en\":\"Sale\"}}', 2, 1, NULL, 0, 0, 100, 120);"
                    "INSERT INTO sale_items VALUES (1, {}, {}, {}, 0, {}, 'KRW', {})",
                    blob(numbered(0x5, 1)), sku_nos_.at(sku), sku_nos_.at(sku), units, prices_.at(sku), limit));
}

Uuid TestShop::order(int customer_no, const std::string& key, const std::string& sku, std::int64_t quantity) {
    const Uuid id = numbered(0x0, ++orders_);
    const Uuid buyer = customer(customer_no);
    placed_[id] = {customer_no, sku, quantity};
    const auto receipt = append(domain::Movement::reserve, sku, quantity, id);
    const std::int64_t sku_no = sku_nos_.at(sku);
    run(
        fmt::format("UPDATE stock SET available = available - {0}, reserved = reserved + {0} WHERE sku_no = {1};"
                    "UPDATE sale_items SET taken = taken + {0} WHERE sku_no = {1};"
                    "INSERT INTO orders VALUES ({2}, {3}, 1, 1, {4}, {4}, {5}, {6}, 3000, 'KRW', {7}, {8}, NULL, NULL, "
                    "NULL, NULL, '{{}}');"
                    "INSERT INTO order_lines VALUES ({2}, 1, {1}, {0}, {9}, 1);",
                    quantity, sku_no, blob(id), blob(buyer), now_ms_, now_ms_ + 600'000,
                    quantity * prices_.at(sku) + 3000, receipt.sequence, literal(receipt.hash), prices_.at(sku)));
    run(
        fmt::format("INSERT INTO customer_records VALUES ({0}, 2, CAST('{1}' AS BLOB), {2}, NULL, x'00', {3}, NULL);"
                    "INSERT INTO customer_records VALUES ({0}, 3, {3}, {2}, NULL, NULL, NULL, NULL);"
                    "INSERT INTO customer_records VALUES ({0}, 1, {4}, {2}, {5}, NULL, NULL, NULL)"
                    " ON CONFLICT DO UPDATE SET units = units + {5};"
                    "INSERT INTO outbox (at_ms, topic, events, sent) VALUES ({2}, 'orders', '[]', 1)",
                    blob(buyer), key, now_ms_, blob(id), limit_key(1, sku_no), quantity));
    tell(fmt::format(R"({{"op":"order","customer":"{}","key":"{}","lines":[{{"sku":"{}","quantity":{}}}],"order":"{}",)"
                     R"("start_us":1,"end_us":2,"status":201,"outcome":"ok","receipt":{{"sequence":{},"hash":"{}"}}}})",
                     buyer.to_string(), key, sku, quantity, id.to_string(), receipt.sequence, to_hex(receipt.hash)));
    return id;
}

void TestShop::refuse(int customer_no, const std::string& key, const std::string& sku, const std::string& reason) {
    const Uuid buyer = customer(customer_no);
    run(
        fmt::format("INSERT INTO customer_records VALUES ({}, 2, CAST('{}' AS BLOB), {}, NULL, x'00', NULL, "
                    "'{{\"reason\":1,\"lines\":[]}}')",
                    blob(buyer), key, now_ms_));
    tell(fmt::format(R"({{"op":"order","customer":"{}","key":"{}","lines":[{{"sku":"{}","quantity":1}}],"start_us":1,)"
                     R"("end_us":2,"status":409,"outcome":"refused","reason":"{}"}})",
                     buyer.to_string(), key, sku, reason));
}

void TestShop::pay(const Uuid& order) {
    const Placed& placed = placed_.at(order);
    append(domain::Movement::sell, placed.sku, placed.quantity, order);
    run(
        fmt::format("INSERT INTO ledger_of_orders VALUES ({0}, {1});"
                    "UPDATE stock SET reserved = reserved - {2}, sold = sold + {2} WHERE sku_no = {3};"
                    "UPDATE orders SET state = 3, payment_id = {4}, captured_ms = {5} WHERE order_id = {0};"
                    "INSERT INTO payments VALUES ({4}, {0}, x'00', 1, {5})",
                    blob(order), last_.sequence, placed.quantity, sku_nos_.at(placed.sku),
                    blob(numbered(0xf, order.bytes[15])), now_ms_));
    tell(fmt::format(R"({{"op":"pay","customer":"{}","order":"{}","start_us":3,"end_us":4,"status":200,"outcome":"ok",)"
                     R"("state":"paid"}})",
                     customer(placed.customer).to_string(), order.to_string()));
}

void TestShop::cancel(const Uuid& order) {
    const Placed& placed = placed_.at(order);
    append(domain::Movement::release, placed.sku, placed.quantity, order);
    run(fmt::format(
        "INSERT INTO ledger_of_orders VALUES ({0}, {1});"
        "UPDATE stock SET reserved = reserved - {2}, available = available + {2} WHERE sku_no = {3};"
        "UPDATE sale_items SET taken = taken - {2} WHERE sku_no = {3};"
        "UPDATE customer_records SET units = units - {2} WHERE customer_id = {4} AND kind = 1;"
        "UPDATE orders SET state = 8 WHERE order_id = {0}",
        blob(order), last_.sequence, placed.quantity, sku_nos_.at(placed.sku), blob(customer(placed.customer))));
}

void TestShop::refund(const Uuid& order, bool restock) {
    const Placed& placed = placed_.at(order);
    if (restock) {
        append(domain::Movement::restock, placed.sku, placed.quantity, order);
        run(fmt::format(
            "INSERT INTO ledger_of_orders VALUES ({0}, {1});"
            "UPDATE stock SET sold = sold - {2}, available = available + {2} WHERE sku_no = {3};"
            "UPDATE sale_items SET taken = taken - {2} WHERE sku_no = {3};"
            "UPDATE customer_records SET units = units - {2} WHERE customer_id = {4} AND kind = 1",
            blob(order), last_.sequence, placed.quantity, sku_nos_.at(placed.sku), blob(customer(placed.customer))));
    }
    run(
        fmt::format("UPDATE orders SET state = 10, refunded_ms = {1} WHERE order_id = {0};"
                    "INSERT INTO refunds VALUES ({2}, {0}, 1, {3}, {1}, {1}, 1, {1})",
                    blob(order), now_ms_, blob(numbered(0xf, order.bytes[15])), restock ? 1 : 0));
}

void TestShop::line() {
    run(
        fmt::format("UPDATE sales SET line_enabled = 1;"
                    "INSERT INTO lines VALUES (1, {0}, 1, zeroblob(32), zeroblob(32), 'v', 100, {1}, 5, {1}, 90, "
                    "zeroblob(32), 1, 0)",
                    blob(numbered(0x5, 1)), customers_.size()));
    int sequence = 0;
    for (const int number : customers_)
        run(fmt::format("INSERT INTO line_tickets (line_no, sequence, customer, live) VALUES (1, {}, {}, 1)",
                        ++sequence, blob(customer(number))));
}

void TestShop::write_history() const {
    std::ofstream stream{history_file_};
    for (const auto& line : history_) stream << line << '\n';
}

}  // namespace marketday::audit
