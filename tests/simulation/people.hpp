#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/async/wait.hpp"
#include "domain/order.hpp"
#include "usecases/checkout.hpp"
#include "usecases/pay.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::simulation {

class Market;
struct ShopProcess;

/// The shoppers, who outlive the shop's deaths, and what each of them remembers: the history that the audit holds
/// against what is stored.
class People {
public:
    explicit People(Market& market);
    void begin();

    /// One operation a line, as a crowd writes it.
    std::string history() const { return history_; }
    /// Orders that somebody was told they have.
    const std::set<OrderId>& acknowledged() const { return acknowledged_; }
    bool all_are_done() const;
    /// Who is still there and what for, in words.
    std::string unfinished() const;
    std::size_t count() const { return shoppers_.size(); }
    const std::set<std::string>& listed_tickets() const { return listed_tickets_; }

private:
    enum class Stage : std::uint8_t { queueing, ordering, paying, finished };
    struct Shopper {
        std::size_t number = 0;
        CustomerId customer;
        Instant arrives{};
        bool in_sale = true;
        Stage stage = Stage::queueing;
        std::string ticket;
        std::string admission;
        bool told_waiting = false;
        int attempt = 0;  // of ordering: another key each
        int pay_key = 0;
        std::string token;
        std::optional<OrderId> order;
        std::int64_t price_minor = 0;
        std::int64_t price_version = 0;
        std::int64_t quantity = 1;
        bool walks_away = false;
        bool leaves_line = false;
        bool pays_late = false;
        bool cancels = false;
        bool gives_back = false;
        bool told_paid = false;
    };
    template <class T>
    struct Slot {
        std::optional<T> value;
        Event done;
    };
    template <class T>
    using Work = std::function<Task<T>(ShopProcess&)>;

    /// A request over a bad line: late, lost, doubled, to a shop that may be down. Nothing when no answer came.
    template <class T>
    Task<std::optional<T>> ask(Work<T> work);
    template <class T>
    void deliver(Work<T> work, std::shared_ptr<Slot<T>> slot);
    template <class T>
    static Task<void> serve(People* people, Work<T> work, std::shared_ptr<Slot<T>> slot);

    static Task<void> live(People* people, std::size_t who);
    Task<void> queue(Shopper& shopper);
    Task<void> leave_line(Shopper& shopper);
    Task<void> order(Shopper& shopper);
    Task<void> order_once(Shopper& shopper, usecases::Checkout::Command command);
    static Task<void> order_again(People* people, std::size_t who, usecases::Checkout::Command command);
    void ordered(Shopper& shopper, const usecases::Checkout::Command& command, const domain::Verdict& verdict);
    void not_ordered(Shopper& shopper, const usecases::Checkout::Command& command, usecases::Checkout::Error error);
    void refused(Shopper& shopper, const usecases::Checkout::Command& command, const domain::Refused& refusal);
    Task<void> pay(Shopper& shopper);
    static Task<void> pay_again(People* people, std::size_t who, usecases::Pay::Command command);
    void paid(Shopper& shopper, const usecases::Pay::Command& command,
              const std::optional<Result<usecases::Pay::Outcome, usecases::Pay::Refusal>>& answer);
    Task<void> look_again(Shopper& shopper);
    Task<void> cancel(Shopper& shopper);
    Task<void> give_back(Shopper& shopper);
    Task<void> read_price(Shopper& shopper);
    static Task<void> change_price(People* people, std::int64_t price_minor);
    usecases::Checkout::Command command_of(const Shopper& shopper) const;
    void saw(Shopper& shopper, const Result<usecases::StandInLine::Standing, usecases::StandInLine::Error>& answer);
    void write_history(std::string_view op, const Shopper& shopper, std::string rest);

    Market& market_;
    std::vector<std::unique_ptr<Shopper>> shoppers_;
    std::string history_;
    std::set<OrderId> acknowledged_;
    std::set<std::string> listed_tickets_;
    std::int64_t price_floor_ = 0;  // versions below it are old: a change has been acknowledged
};

}  // namespace marketday::simulation
