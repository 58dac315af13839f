#pragma once

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "adapters/embedded/file_mail.hpp"
#include "adapters/embedded/sqlite_accounts.hpp"
#include "adapters/embedded/sqlite_operators.hpp"
#include "adapters/embedded/sqlite_operators_log.hpp"
#include "adapters/embedded/sqlite_sessions.hpp"
#include "base/async/asio_executor.hpp"
#include "http/operator_gate.hpp"
#include "http/routes_accounts.hpp"
#include "http/routes_operators.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/sqlite_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// Counts the jobs of a real pool, and can be full.
class CountingPool final : public BlockingPool {
public:
    bool submit(Job job) override {
        if (full) return false;
        ++jobs;
        return pool_.submit(std::move(job));
    }
    std::size_t waiting() const override { return pool_.waiting(); }
    std::atomic<int> jobs = 0;
    bool full = false;

private:
    ThreadPool pool_{{.name = "hash", .threads = 2, .waiting_max = 1000}};
};

/// All that accounts are made of, on a real store and a real mail directory, called as the server calls it.
class AccountsSite {
public:
    AccountsSite() {
        for (auto& route : http::accounts_routes(accounts, sessions, {.secure = true, .max_age = seconds{100}}))
            routes_.push_back(std::move(route));
        for (auto& route : http::operators_routes(operators)) routes_.push_back(std::move(route));
        for (auto& route : http::operators_log_routes(operators_log)) routes_.push_back(std::move(route));
        for (auto& route : http::rehearsal_routes(rehearsal, operators)) routes_.push_back(std::move(route));
        routes_ = http::guarded(std::move(routes_), operators, operators_log, clock);
    }

    template <class T>
    T run(Task<T> task) {
        std::vector<Task<T>> tasks;
        tasks.push_back(std::move(task));
        return std::move(run_all(std::move(tasks)).front());
    }
    /// Runs all at one time.
    template <class T>
    std::vector<T> run_all(std::vector<Task<T>> tasks) {
        std::vector<std::optional<T>> results(tasks.size());
        std::size_t left = tasks.size();
        const auto work = boost::asio::make_work_guard(io_);
        io_.restart();
        for (std::size_t i = 0; i < tasks.size(); ++i)
            spawn(executor_, "test", keep(std::move(tasks[i]), results[i], left, io_));
        io_.run();
        std::vector<T> values;
        for (auto& result : results) values.push_back(std::move(result).value());
        return values;
    }

    struct Call {
        http::Method method = http::Method::post;
        std::string path;
        std::string body;
        std::string token;
        std::uint8_t client = 1;
        std::vector<http::Request::Header> headers;
        std::vector<std::string> params{};  // of the route's pattern, which then is the path
    };
    Task<http::Response> task(Call call) {
        for (const auto& route : routes_) {
            const std::string_view path = call.path;
            if (route.method == call.method && route.pattern == path.substr(0, path.find('?')) && call.params.empty())
                return handle(*this, route, std::move(call));
            if (route.method == call.method && route.pattern == path && !call.params.empty())
                return handle(*this, route, std::move(call));
        }
        throw std::logic_error("no such route: " + call.path);
    }
    http::Response call(Call wanted) { return run(task(std::move(wanted))); }
    http::Response post(const std::string& path, std::string body, std::uint8_t client = 1) {
        return call({.method = http::Method::post,
                     .path = path,
                     .body = std::move(body),
                     .token = {},
                     .client = client,
                     .headers = {}});
    }

    /// Sends what is due and gives all letters so far with their text decoded, oldest first.
    std::vector<std::string> letters() {
        run(mailer.send_due());
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(mail_directory_.path()))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());  // UUIDv7
        std::vector<std::string> letters;
        for (const auto& file : files) {
            std::ifstream in(file, std::ios::binary);
            letters.push_back(decode({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{}}));
        }
        return letters;
    }
    /// The token of the newest letter's link.
    std::string newest_link() {
        const auto all = letters();
        if (all.empty()) return {};
        const std::size_t at = all.back().find("token=");
        return at == std::string::npos ? std::string{} : all.back().substr(at + 6, 40);
    }

    ManualClock clock;
    SystemRandom random;
    CountingPool pool;
    TemporaryStore store;

private:
    TemporaryDirectory mail_directory_;
    boost::asio::io_context io_{1};
    AsioExecutor executor_{io_};
    ThreadPool mail_pool_{{.name = "mail", .threads = 1, .waiting_max = 100}};
    UuidSource uuids_{clock, random};
    static constexpr domain::PasswordCost kCheap{.memory_kib = 8, .passes = 1};
    usecases::Passwords passwords_{pool, random, kCheap};

public:
    adapters::SqliteAccounts account_rows{store.database()};
    adapters::SqliteSessions session_rows{store.database()};
    adapters::SqliteOperators operator_rows{store.database()};
    adapters::SqliteOperatorsLog operators_log{store.database()};
    adapters::FileMail mail{mail_pool_, {.directory = mail_directory_.path()}};
    usecases::SessionCache cache{session_rows, clock, {}};
    usecases::AccountsMailer mailer{account_rows, mail, clock, random, {}};
    usecases::Accounts accounts{account_rows, cache, passwords_, mailer, clock, random, uuids_, {}};
    usecases::Sessions sessions{account_rows, session_rows, cache, passwords_, clock, random, {}};
    usecases::Operators operators{operator_rows, passwords_, clock, random, {}};
    usecases::Rehearsal rehearsal{account_rows, session_rows, cache, executor_, clock, random, uuids_, Hash256{}};

private:
    template <class T>
    static Task<void> keep(Task<T> task, std::optional<T>& result, std::size_t& left, boost::asio::io_context& io) {
        result.emplace(co_await std::move(task));
        if (--left == 0) io.stop();
    }

    /// What the server does around a handler.
    static Task<http::Response> handle(AccountsSite& site, const http::Route& route, Call call) {
        http::Request request;
        request.method = call.method;
        const std::string_view target = call.path;
        const std::size_t question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string_view::npos) request.query = target.substr(question + 1);
        request.trace_id = "trace of " + call.path;
        for (std::size_t i = 0; i < call.params.size(); ++i) request.params[i] = call.params[i];
        request.body = call.body;
        request.client.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, call.client};
        request.headers = call.headers;
        const std::string authorization = "Bearer " + call.token;
        if (!call.token.empty()) request.headers.push_back({"authorization", authorization});
        std::optional<usecases::Session> session;
        if (route.access == http::Access::session) {
            auto found = co_await site.cache.find(call.token);
            if (found && *found) session = std::move(**found);
            if (!session) {
                http::Response refused;
                refused.status = 401;
                co_return refused;
            }
            request.session = &*session;
        }
        if (route.access == http::Access::operator_) {
            if (auto refused = http::refuse_operator(site.operators, request)) co_return std::move(*refused);
        }
        auto response = co_await route.handle(request);
        co_return response;
    }

    static std::string decode(const std::string& message) {
        const std::size_t body = message.find("\r\n\r\n") + 4;
        std::string text(message.size(), '\0');
        std::size_t length = 0;
        sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), message.data() + body,
                          message.size() - body, "\r\n", &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
        text.resize(length);
        return message.substr(0, body) + text;
    }

    std::vector<http::Route> routes_;
};

}  // namespace marketday
