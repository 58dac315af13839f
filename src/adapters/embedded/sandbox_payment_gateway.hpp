#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/async/wait.hpp"
#include "ports/payment_gateway.hpp"

namespace marketday::adapters {

/// A bank to rehearse with. It keeps its books in a small SQLite file of its own, so that what it knows survives the
/// shop's death, and decides by the token:
///   tok_ok       authorised, captured when asked
///   tok_decline  declined, as is any token it does not know
///   tok_slow     like tok_ok, but answers after `slow`
///   tok_twice    captured at once, notifies twice, and only then answers
///   tok_silent   never answers; by the seed half are captured, a quarter authorised, a quarter never arrived
/// Its own thread writes, many calls in one transaction.
class SandboxPaymentGateway final : public ports::PaymentGateway {
public:
    struct Options {
        std::filesystem::path file;  // <data>/sandbox-gateway.db
        std::uint64_t seed = 1;
        milliseconds slow{3'000};
        std::size_t calls_waiting_max = 20'000;
    };
    /// Throws std::runtime_error when the file cannot be used.
    explicit SandboxPaymentGateway(Options options);
    ~SandboxPaymentGateway() override;

    Answer<Status> authorise(Charge charge, Instant deadline) override;
    Answer<Status> capture(PaymentId payment, Instant deadline) override;
    Answer<Status> void_payment(PaymentId payment, Instant deadline) override;
    Answer<Status> refund(PaymentId payment, Instant deadline) override;
    Answer<Status> query(PaymentId payment, Instant deadline) override;
    Answer<std::vector<Notification>> notifications(std::size_t notifications_max) override;
    Answer<std::monostate> acknowledge(std::vector<std::int64_t> positions) override;

private:
    class Call;
    template <class T>
    class CallOf;
    template <class T>
    Answer<T> ask(std::function<T(SqliteConnection&)> work);
    bool submit(std::unique_ptr<Call> call);
    void run();
    void answer_together(std::deque<std::unique_ptr<Call>>& calls);

    Options options_;
    SqliteConnection connection_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<Call>> calls_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace marketday::adapters
