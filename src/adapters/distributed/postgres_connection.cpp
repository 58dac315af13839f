#include "adapters/distributed/postgres_connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

#include "base/assert.hpp"
#include "base/async/wait.hpp"

namespace marketday::adapters {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
using Kind = PostgresError::Kind;

std::string first_line(const char* message) {
    std::string_view text = message == nullptr ? "" : message;
    text = text.substr(0, text.find('\n'));
    return std::string{text};
}

PostgresError refusal_of(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    // Errors that libpq makes up itself have no SQLSTATE: the connection broke.
    if (state == nullptr) return {Kind::lost, "", first_line(PQresultErrorMessage(result))};
    return {Kind::refused, state, first_line(message)};
}

}  // namespace

struct PostgresConnection::Wire {
    explicit Wire(boost::asio::io_context& io) : descriptor(io), timer(io) {}
    ~Wire() {
        ++*generation;
        release_descriptor();
        if (connection != nullptr) PQfinish(connection);
    }

    // libpq owns the socket; Asio only watches it.
    void release_descriptor() {
        if (descriptor.is_open()) descriptor.release();
    }
    void watch_socket() {
        const int socket = PQsocket(connection);
        if (socket < 0) throw PostgresError(Kind::lost, "", "the connection has no socket");
        if (descriptor.is_open() && descriptor.native_handle() == socket) return;
        release_descriptor();
        descriptor.assign(socket);
    }

    void arm(Instant deadline) {
        timed_out = false;
        ++*generation;
        timer.expires_at(deadline);
        // A handler that was queued before it was cancelled must not end somebody else's operation.
        timer.async_wait([this, mine = *generation, current = generation](const boost::system::error_code& error) {
            if (error || mine != *current) return;
            timed_out = true;
            descriptor.cancel();
        });
    }
    void disarm() {
        ++*generation;
        timer.cancel();
    }
    Task<void> wait_for(Descriptor::wait_type what) {
        if (!timed_out) {
            const bool ready = co_await suspend_for<bool>([this, what](Resumer<bool> resume) {
                descriptor.async_wait(what, [resume](const boost::system::error_code& error) { resume.now(!error); });
            });
            if (ready) co_return;
        }
        usable = false;
        throw PostgresError(timed_out ? Kind::timed_out : Kind::lost, "",
                            timed_out ? "no answer within the deadline" : "the socket failed");
    }

    Task<void> connect(PostgresHosts::Parameters where, Instant deadline) {
        std::vector<const char*> keywords;
        std::vector<const char*> given;
        for (const auto& [keyword, value] : where) keywords.push_back(keyword.c_str()), given.push_back(value.c_str());
        keywords.push_back(nullptr), given.push_back(nullptr);
        connection = PQconnectStartParams(keywords.data(), given.data(), 0);
        if (connection == nullptr) throw PostgresError(Kind::lost, "", "out of memory");
        if (PQstatus(connection) == CONNECTION_BAD) throw PostgresError(Kind::lost, "", lost_words());
        arm(deadline);
        // libpq(3): as if PQconnectPoll had said PGRES_POLLING_WRITING.
        PostgresPollingStatusType polled = PGRES_POLLING_WRITING;
        while (polled != PGRES_POLLING_OK) {
            if (polled == PGRES_POLLING_FAILED) throw PostgresError(Kind::lost, "", lost_words());
            // It may have gone on to the next address of a host, with another socket of the same number.
            release_descriptor();
            watch_socket();
            co_await wait_for(polled == PGRES_POLLING_READING ? Descriptor::wait_read : Descriptor::wait_write);
            polled = PQconnectPoll(connection);
        }
        disarm();
        release_descriptor();
        watch_socket();
        usable = true;
        if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1) fail_lost();
    }

    std::string lost_words() const { return first_line(PQerrorMessage(connection)); }
    [[noreturn]] void fail_lost() {
        usable = false;
        throw PostgresError(Kind::lost, "", lost_words());
    }

    /// The name of a statement, prepared now if it was not.
    struct Name {
        std::string text;
        bool known = false;
    };
    Name name_of(const char* sql) {
        const auto found = prepared.find(sql);
        if (found != prepared.end()) return {found->second, true};
        return {fmt::format("s{}", ++names), false};
    }

    void send(const PostgresStatement& statement, const Name& name) {
        const int count = static_cast<int>(statement.values.size());
        types.clear(), values.clear(), lengths.clear();
        for (const auto& value : statement.values) {
            types.push_back(value.type);
            values.push_back(value.null ? nullptr : value.bytes.data());
            lengths.push_back(static_cast<int>(value.bytes.size()));
        }
        formats.assign(statement.values.size(), 1);
        if (!name.known && PQsendPrepare(connection, name.text.c_str(), statement.sql, count, types.data()) != 1)
            fail_lost();
        if (PQsendQueryPrepared(connection, name.text.c_str(), count, values.data(), lengths.data(), formats.data(),
                                1) != 1)
            fail_lost();
    }

    Task<void> flush() {
        while (true) {
            const int left = PQflush(connection);
            if (left < 0) fail_lost();
            if (left == 0) co_return;
            // The server may refuse to read before its own answers are taken.
            if (PQconsumeInput(connection) != 1) fail_lost();
            co_await wait_for(Descriptor::wait_write);
        }
    }

    /// The next result, null between the results of two statements.
    Task<PGresult*> next_result() {
        while (PQisBusy(connection) != 0) {
            co_await wait_for(Descriptor::wait_read);
            if (PQconsumeInput(connection) != 1) fail_lost();
        }
        co_return PQgetResult(connection);
    }

    /// The answer to one statement, whose kind of command says nothing but errors.
    Task<PGresult*> answer() {
        PGresult* result = co_await next_result();
        if (result == nullptr) fail_lost();
        PGresult* end = co_await next_result();
        if (end != nullptr) {
            PQclear(end);
            PQclear(result);
            fail_lost();
        }
        co_return result;
    }

    PGconn* connection = nullptr;
    Descriptor descriptor;
    boost::asio::steady_timer timer;
    std::shared_ptr<std::uint64_t> generation = std::make_shared<std::uint64_t>(0);  // outlives it in timer handlers
    bool timed_out = false;
    bool usable = false;
    std::unordered_map<const char*, std::string> prepared;
    std::uint64_t names = 0;
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
};

PostgresConnection::PostgresConnection(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
PostgresConnection::~PostgresConnection() = default;

Task<std::unique_ptr<PostgresConnection>> PostgresConnection::open(boost::asio::io_context& io,
                                                                   PostgresHosts::Parameters where, Instant deadline) {
    auto wire = std::make_unique<Wire>(io);
    co_await wire->connect(std::move(where), deadline);
    co_return std::unique_ptr<PostgresConnection>{new PostgresConnection(std::move(wire))};
}

bool PostgresConnection::usable() const { return wire_->usable; }

bool PostgresConnection::closed_meanwhile() {
    if (PQconsumeInput(wire_->connection) == 1 && PQstatus(wire_->connection) == CONNECTION_OK) return false;
    wire_->usable = false;
    return true;
}

Task<std::vector<PostgresRows>> PostgresConnection::run(std::vector<PostgresStatement> statements, Instant deadline) {
    MD_ASSERT(!statements.empty() && wire_->usable);
    Wire& wire = *wire_;
    wire.arm(deadline);
    // Until everything has been read, whoever stops half-way leaves a connection behind that nobody can use.
    wire.usable = false;
    std::vector<Wire::Name> names;
    for (const auto& statement : statements) {
        names.push_back(wire.name_of(statement.sql));
        wire.send(statement, names.back());
    }
    if (PQpipelineSync(wire.connection) != 1) wire.fail_lost();
    co_await wire.flush();

    std::vector<PostgresRows> answers;
    std::optional<PostgresError> refused;
    const auto take = [&refused](PGresult* result) {
        const auto status = PQresultStatus(result);
        const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
        if (status == PGRES_FATAL_ERROR && !refused) refused = refusal_of(result);
        if (!good && !refused) refused = PostgresError(Kind::lost, "", PQresStatus(status));
        return good;
    };
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if (!names[i].known) {
            PGresult* result = co_await wire.answer();
            if (take(result)) wire.prepared.emplace(statements[i].sql, names[i].text);
            PQclear(result);
        }
        PGresult* result = co_await wire.answer();
        take(result);
        answers.emplace_back(result);
    }
    PGresult* sync = co_await wire.next_result();
    const bool synced = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    wire.disarm();
    if (refused && refused->kind == Kind::refused && synced) {
        wire.usable = true;
        throw PostgresError(*refused);
    }
    if (refused) throw PostgresError(*refused);
    if (!synced) wire.fail_lost();
    wire.usable = true;
    co_return answers;
}

Task<void> PostgresConnection::script(std::string sql, Instant deadline) {
    Wire& wire = *wire_;
    MD_ASSERT(wire.usable);
    wire.arm(deadline);
    if (PQexitPipelineMode(wire.connection) != 1 || PQsendQuery(wire.connection, sql.c_str()) != 1) wire.fail_lost();
    co_await wire.flush();
    std::optional<PostgresError> refused;
    while (true) {
        PGresult* result = co_await wire.next_result();
        if (result == nullptr) break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR && !refused) refused = refusal_of(result);
        PQclear(result);
    }
    wire.disarm();
    if (PQenterPipelineMode(wire.connection) != 1) wire.fail_lost();
    if (refused) {
        if (refused->kind != Kind::refused) wire.usable = false;
        throw PostgresError(*refused);
    }
}

}  // namespace marketday::adapters
