#include "adapters/embedded/sandbox_payment_gateway.hpp"

#include <pthread.h>

#include <cstring>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/memory_reserve.hpp"

namespace marketday::adapters {
namespace {

using Gateway = ports::PaymentGateway;
using Status = Gateway::Status;

constexpr auto kSchema = R"sql(
CREATE TABLE IF NOT EXISTS sandbox_payments (
    payment_id  BLOB    NOT NULL PRIMARY KEY,
    order_id    BLOB,                    -- none when it was voided before it came
    amount_minor INTEGER NOT NULL DEFAULT 0,
    currency    TEXT    NOT NULL DEFAULT '',
    token       TEXT    NOT NULL DEFAULT '',
    status      INTEGER NOT NULL,        -- ports::PaymentGateway::Status
    captures    INTEGER NOT NULL DEFAULT 0,
    refunds     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sandbox_notifications (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id  BLOB    NOT NULL,
    order_id    BLOB    NOT NULL,
    status      INTEGER NOT NULL
) STRICT;
)sql";

constexpr milliseconds kTwiceAnswersAfter{300};

enum class SilentFate { captured, authorised, never_arrived };

SilentFate fate_of(std::uint64_t seed, const PaymentId& payment) {
    std::array<std::uint8_t, 24> text{};
    std::memcpy(text.data(), &seed, sizeof seed);
    std::memcpy(text.data() + sizeof seed, payment.uuid.bytes.data(), payment.uuid.bytes.size());
    switch (blake2b(text)[0] % 4) {
        case 0: return SilentFate::authorised;
        case 1: return SilentFate::never_arrived;
        default: return SilentFate::captured;
    }
}

Status status_of(SqliteConnection& bank, PaymentId payment) {
    auto row = bank.query("SELECT status FROM sandbox_payments WHERE payment_id = ?1", payment);
    return row.step() ? static_cast<Status>(row.integer(0)) : Status::not_known;
}

void notify(SqliteConnection& bank, PaymentId payment, Status status) {
    bank.run(
        "INSERT INTO sandbox_notifications (payment_id, order_id, status)"
        " SELECT payment_id, order_id, ?2 FROM sandbox_payments WHERE payment_id = ?1",
        payment, static_cast<int>(status));
}

void take_money(SqliteConnection& bank, PaymentId payment) {
    bank.run("UPDATE sandbox_payments SET status = 3, captures = captures + 1 WHERE payment_id = ?1", payment);
}

Status hear_charge(SqliteConnection& bank, const Gateway::Charge& charge, std::uint64_t seed) {
    const Status known = status_of(bank, charge.payment);
    if (known != Status::not_known) return known;
    const bool silent = charge.token == "tok_silent";
    const SilentFate fate = fate_of(seed, charge.payment);
    if (silent && fate == SilentFate::never_arrived) return Status::not_known;
    const bool good = silent || charge.token == "tok_ok" || charge.token == "tok_slow" || charge.token == "tok_twice";
    bank.run(
        "INSERT INTO sandbox_payments (payment_id, order_id, amount_minor, currency, token, status)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        charge.payment, charge.order, charge.amount.amount_minor, charge.amount.currency.code(), charge.token,
        static_cast<int>(good ? Status::authorised : Status::declined));
    if (charge.token == "tok_twice") {
        take_money(bank, charge.payment);
        notify(bank, charge.payment, Status::captured);
        notify(bank, charge.payment, Status::captured);
    }
    if (silent && fate == SilentFate::captured) take_money(bank, charge.payment);
    return status_of(bank, charge.payment);
}

Status hear_capture(SqliteConnection& bank, PaymentId payment) {
    const Status known = status_of(bank, payment);
    if (known != Status::authorised) return known;
    take_money(bank, payment);
    notify(bank, payment, Status::captured);
    return Status::captured;
}

Status hear_void(SqliteConnection& bank, PaymentId payment) {
    const Status known = status_of(bank, payment);
    if (known != Status::authorised && known != Status::not_known) return known;
    bank.run(
        "INSERT INTO sandbox_payments (payment_id, status) VALUES (?1, 4)"
        " ON CONFLICT (payment_id) DO UPDATE SET status = 4",
        payment);
    return Status::voided;
}

Status hear_refund(SqliteConnection& bank, PaymentId payment) {
    const Status known = status_of(bank, payment);
    if (known != Status::captured) return known;
    bank.run("UPDATE sandbox_payments SET status = 5, refunds = refunds + 1 WHERE payment_id = ?1", payment);
    return Status::refunded;
}

}  // namespace

/// A question to the bank: worked on in its thread, answered after its transaction is durable.
class SandboxPaymentGateway::Call {
public:
    virtual ~Call() = default;
    virtual void work(SqliteConnection& bank) = 0;
    virtual void answer(bool kept) = 0;
};

template <class T>
class SandboxPaymentGateway::CallOf final : public Call {
public:
    using Outcome = Result<T, Error>;
    CallOf(std::function<T(SqliteConnection&)> work, Resumer<Outcome> resume)
        : work_(std::move(work)), resume_(resume) {}
    void work(SqliteConnection& bank) override { value_ = work_(bank); }
    void answer(bool kept) override {
        if (kept && value_)
            resume_(Outcome{std::move(*value_)});
        else
            resume_(Outcome{fail(Error::unavailable)});
    }

private:
    std::function<T(SqliteConnection&)> work_;
    Resumer<Outcome> resume_;
    std::optional<T> value_;
};

SandboxPaymentGateway::SandboxPaymentGateway(Options options)
    : options_(std::move(options)), connection_(options_.file, SqliteConnection::Mode::read_write, 4 * 1024) {
    // NORMAL: survives the death of the process. Only a real bank must survive the loss of power.
    connection_.script("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    connection_.script(kSchema);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "sandbox-bank");
}

SandboxPaymentGateway::~SandboxPaymentGateway() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

bool SandboxPaymentGateway::submit(std::unique_ptr<Call> call) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || calls_.size() >= options_.calls_waiting_max) return false;
        calls_.push_back(std::move(call));
    }
    wake_.notify_one();
    return true;
}

void SandboxPaymentGateway::run() {
    while (true) {
        std::deque<std::unique_ptr<Call>> calls;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !calls_.empty(); });
            if (calls_.empty()) return;
            calls.swap(calls_);
        }
        answer_together(calls);
        MemoryReserve::refill();
    }
}

void SandboxPaymentGateway::answer_together(std::deque<std::unique_ptr<Call>>& calls) {
    bool kept = false;
    try {
        // A transaction that could not even be undone, for want of memory, is undone before the next.
        if (sqlite3_get_autocommit(connection_.handle()) == 0) connection_.run("ROLLBACK");
        connection_.run("BEGIN IMMEDIATE");
        for (auto& call : calls) call->work(connection_);
        connection_.run("COMMIT");
        kept = true;
    } catch (const SqliteError& failure) {
        log::error("sandbox.gateway.failed", {{"reason", failure.what()}});
        try {
            if (sqlite3_get_autocommit(connection_.handle()) == 0) connection_.run("ROLLBACK");
        } catch (const SqliteError& again) {
            log::error("sandbox.gateway.failed", {{"reason", again.what()}});
        }
    }
    for (auto& call : calls) call->answer(kept);
}

template <class T>
Gateway::Answer<T> SandboxPaymentGateway::ask(std::function<T(SqliteConnection&)> work) {
    using Outcome = Result<T, Error>;
    Outcome outcome = co_await suspend_for<Outcome>([this, &work](Resumer<Outcome> resume) {
        if (!submit(std::make_unique<CallOf<T>>(work, resume))) resume(Outcome{fail(Error::unavailable)});
    });
    co_return std::move(outcome);
}

Gateway::Answer<Status> SandboxPaymentGateway::authorise(Charge charge, Instant deadline) {
    const std::string token = charge.token;
    std::function<Status(SqliteConnection&)> work = [charge = std::move(charge),
                                                     seed = options_.seed](SqliteConnection& bank) {
        return hear_charge(bank, charge, seed);
    };
    const auto status = co_await ask<Status>(std::move(work));
    Executor& executor = co_await this_executor();
    const Instant now = executor.now();
    Instant answers_at = now;
    if (token == "tok_slow") answers_at = now + options_.slow;
    if (token == "tok_twice") answers_at = now + kTwiceAnswersAfter;
    if (token == "tok_silent") answers_at = Instant::max();
    if (answers_at > now) co_await sleep_until(std::min(answers_at, deadline));
    if (answers_at > deadline) co_return fail(Error::outcome_unknown);
    co_return status;
}

Gateway::Answer<Status> SandboxPaymentGateway::capture(PaymentId payment, Instant) {
    return ask<Status>([payment](SqliteConnection& bank) { return hear_capture(bank, payment); });
}

Gateway::Answer<Status> SandboxPaymentGateway::void_payment(PaymentId payment, Instant) {
    return ask<Status>([payment](SqliteConnection& bank) { return hear_void(bank, payment); });
}

Gateway::Answer<Status> SandboxPaymentGateway::refund(PaymentId payment, Instant) {
    return ask<Status>([payment](SqliteConnection& bank) { return hear_refund(bank, payment); });
}

Gateway::Answer<Status> SandboxPaymentGateway::query(PaymentId payment, Instant) {
    return ask<Status>([payment](SqliteConnection& bank) { return status_of(bank, payment); });
}

Gateway::Answer<std::vector<Gateway::Notification>> SandboxPaymentGateway::notifications(
    std::size_t notifications_max) {
    return ask<std::vector<Notification>>([notifications_max](SqliteConnection& bank) {
        std::vector<Notification> news;
        auto row = bank.query(
            "SELECT position, payment_id, order_id, status FROM sandbox_notifications"
            " ORDER BY position LIMIT ?1",
            static_cast<std::int64_t>(notifications_max));
        while (row.step())
            news.push_back(
                {row.integer(0), PaymentId{row.uuid(1)}, OrderId{row.uuid(2)}, static_cast<Status>(row.integer(3))});
        return news;
    });
}

Gateway::Answer<std::monostate> SandboxPaymentGateway::acknowledge(std::vector<std::int64_t> positions) {
    return ask<std::monostate>([positions = std::move(positions)](SqliteConnection& bank) {
        for (const auto position : positions)
            bank.run("DELETE FROM sandbox_notifications WHERE position = ?1", position);
        return std::monostate{};
    });
}

}  // namespace marketday::adapters
