#include "tests/support/postgres_server.hpp"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/run_task.hpp"
#include "tests/support/server_process.hpp"

namespace marketday {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

/// Runs a program of PostgreSQL's as its unprivileged user.
int launch_program(const std::string& program, std::vector<std::string> arguments, const fs::path& log) {
    std::vector<std::string> command{std::string{kPrograms} + "/" + program};
    for (auto& argument : arguments) command.push_back(std::move(argument));
    return launch(std::move(command), "postgres", log);
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() : data_(directory_.path() / "data"), port_(free_port()) {
    fs::permissions(directory_.path(), fs::perms::all);
    const fs::path log = directory_.path() / "server.log";
    const int pid = launch_program(
        "initdb", {"-D", data_.string(), "-U", "shop", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"}, log);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status != 0)
        throw std::runtime_error("initdb failed; is the package postgresql-15 installed? Look at " + log.string());
    start();
    sql(url("postgres"), "CREATE DATABASE shop_template");
    {
        const adapters::PostgresDatabase made{{.url = url("shop_template"), .connections = 1}};
    }
}

void PostgresServer::start() {
    pid_ = launch_program("postgres",
                          {"-D", data_.string(), "-p", std::to_string(port_), "-k", directory_.path().string(), "-c",
                           "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=60", "-c",
                           "shared_buffers=64MB", "-c", "autovacuum_naptime=5", "-c", "max_wal_size=2GB"},
                          directory_.path() / "server.log");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (true) {
        try {
            sql(url("postgres"), "SELECT 1");
            return;
        } catch (const adapters::PostgresError&) {
            if (std::chrono::steady_clock::now() > deadline) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds{30});
        }
    }
}

void PostgresServer::kill() {
    ::kill(pid_, SIGQUIT);  // its children end at once too, nothing is written any more
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
}

void PostgresServer::with_tls(const fs::path& certificate, const fs::path& key) {
    const auto mine = [this](const fs::path& from, const char* name) {
        const fs::path to = data_ / name;
        fs::copy_file(from, to, fs::copy_options::overwrite_existing);
        fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
        const passwd* user = ::getpwnam("postgres");
        if (::geteuid() == 0 && ::chown(to.c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give PostgreSQL its key");
    };
    mine(certificate, "server.crt");
    mine(key, "server.key");
    sql(url("postgres"), "ALTER SYSTEM SET ssl = on");
    sql(url("postgres"), "SELECT pg_reload_conf(), pg_sleep(0.3)");
}

void PostgresServer::without_tls() {
    sql(url("postgres"), "ALTER SYSTEM SET ssl = off");
    sql(url("postgres"), "SELECT pg_reload_conf(), pg_sleep(0.3)");
}

PostgresServer::~PostgresServer() {
    if (pid_ > 0) kill();
}

std::string PostgresServer::url(const std::string& database) const {
    return "postgres://shop@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void PostgresServer::sql(const std::string& where, const std::string& script) {
    boost::asio::io_context io{1};
    AsioExecutor executor{io};
    std::optional<adapters::PostgresError> failure;
    const auto run = [](boost::asio::io_context& on, std::string at, std::string statements,
                        std::optional<adapters::PostgresError>& out) -> Task<void> {
        try {
            const Instant deadline = std::chrono::steady_clock::now() + seconds{20};
            adapters::PostgresHosts hosts{on, std::move(at)};
            auto found = co_await hosts.find(deadline);
            auto connection = co_await adapters::PostgresConnection::open(on, std::move(found), deadline);
            co_await connection->script(std::move(statements), deadline);
        } catch (const adapters::PostgresError& error) {
            out = error;
        }
        on.stop();
    };
    spawn(executor, "sql", run(io, where, script, failure));
    io.run();
    executor.shut_down();
    if (failure) throw adapters::PostgresError(*failure);
}

std::string PostgresServer::take_database() {
    if (free_.empty()) {
        const std::string name = "shop_" + std::to_string(++databases_);
        sql(url("postgres"), "CREATE DATABASE " + name + " TEMPLATE shop_template");
        return name;
    }
    std::string name = std::move(free_.back());
    free_.pop_back();
    return name;
}

// Making and dropping a database costs a second of fsyncs; deleting the few rows of a test costs a commit.
void PostgresServer::give_back_database(const std::string& name) {
    sql(url(name), R"sql(
        SET session_replication_role = replica;
        DO $$
        DECLARE
            one record;
        BEGIN
            FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                       AND relname <> 'migrations' LOOP
                EXECUTE format('DELETE FROM %I', one.relname);
            END LOOP;
            FOR one IN SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace LOOP
                PERFORM setval(one.relname::regclass, 1, false);
            END LOOP;
        END $$;
        INSERT INTO ledger_head VALUES (1, 0, 0, 0, decode(repeat('00', 32), 'hex'));
        INSERT INTO outbox_head VALUES (1, 0);
        INSERT INTO catalogue_state VALUES (1, 0, 0);
    )sql");
    free_.push_back(name);
}

TemporaryPostgres::TemporaryPostgres(adapters::PostgresDatabase::Options options)
    : options_(std::move(options)), name_(PostgresServer::shared().take_database()) {
    options_.url = PostgresServer::shared().url(name_);
    reopen();
}

TemporaryPostgres::~TemporaryPostgres() {
    database_.reset();
    PostgresServer::shared().give_back_database(name_);
}

void TemporaryPostgres::reopen() {
    database_.reset();
    database_ = std::make_unique<adapters::PostgresDatabase>(options_);
}

}  // namespace marketday
