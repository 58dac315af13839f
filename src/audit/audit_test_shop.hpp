#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "domain/ledger.hpp"

namespace marketday::audit {

/// A small shop in a file of its own, written by hand on the real schema: every row as the order book writes it, and
/// then whatever fault a test plants.
class TestShop {
public:
    TestShop();
    ~TestShop();
    TestShop(const TestShop&) = delete;
    TestShop& operator=(const TestShop&) = delete;

    const std::filesystem::path& file() const { return file_; }
    const std::filesystem::path& history_file() const { return history_file_; }

    /// Customers are named by a number; each has an account with an address.
    Uuid customer(int number);
    void receive(const std::string& sku, std::int64_t units, std::int64_t price_minor);
    void sale(const std::string& sku, std::int64_t units, std::int64_t limit);
    /// A granted order of the sale, with its line of history; its id.
    Uuid order(int customer, const std::string& key, const std::string& sku, std::int64_t quantity);
    void refuse(int customer, const std::string& key, const std::string& sku, const std::string& reason);
    void pay(const Uuid& order);
    void cancel(const Uuid& order);
    void refund(const Uuid& order, bool restock);
    /// Everybody known so far stood in line, was listed, and was called.
    void line();
    void restart();  // a new epoch of the ledger

    /// Plants a fault: a script of statements, CHECK constraints off.
    void plant(const std::string& sql);
    void tell(const std::string& line) { history_.push_back(line); }
    std::vector<std::string>& history() { return history_; }
    void write_history() const;

private:
    struct Placed {
        int customer = 0;
        std::string sku;
        std::int64_t quantity = 0;
    };
    domain::Receipt append(domain::Movement movement, const std::string& sku, std::int64_t units, const Uuid& order);
    void run(const std::string& sql);

    std::filesystem::path directory_;
    std::filesystem::path file_;
    std::filesystem::path history_file_;
    sqlite3* handle_ = nullptr;
    domain::LedgerEntry last_;
    std::map<std::string, std::int64_t> sku_nos_;
    std::map<std::string, std::int64_t> prices_;
    std::map<Uuid, Placed> placed_;
    std::vector<int> customers_;
    std::vector<std::string> history_;
    std::int64_t now_ms_ = 1'795'000'000'000;
    int orders_ = 0;
};

/// As an SQL literal: x'0193…'.
std::string blob(const Uuid& id);

}  // namespace marketday::audit
