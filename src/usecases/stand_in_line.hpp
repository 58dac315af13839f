#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/async/wait.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/draw.hpp"
#include "domain/line.hpp"
#include "domain/line_join_limit.hpp"
#include "ports/leases.hpp"
#include "ports/line_book.hpp"
#include "ports/order_book.hpp"
#include "usecases/checkout_pressure.hpp"

namespace marketday::usecases {

struct LineOfSale;

/// The waiting room of sales: one ticket an account and sale, places that survive everything, and as many admissions as
/// checkout can take and units are left. Joining is durable before it is acknowledged; asking costs no I/O. One
/// executor. Several processes may serve the same lines: each follows the book, so a place is the same at all of them;
/// one of them, which holds a lease, closes lists and calls; all tell each other whom they have heard. The list of
/// those who joined before the opening is drawn (domain/draw.hpp); later ones follow as they came.
class StandInLine final : public AdmissionFeedback {
public:
    struct Options {
        /// Signs admissions; checkout checks them with the same key.
        Hash256 admission_key{};
        milliseconds tick{25};
        milliseconds stock_every{150};
        domain::Line::Patience patience{};
        domain::LineJoinLimit::Limits address_limits{};
        milliseconds latency_max{250};  // of checkout, before fewer are let in
        std::size_t joins_waiting_max = 50'000;
        std::size_t tickets_max = 2'000'000;  // of one line
        std::string holder = "embedded";      // under which this process leads
        milliseconds lease_length{15'000};    // a dead leader calls nobody for so long
        /// Names this process among those that serve the same lines; empty: there are no others.
        std::string process;
        milliseconds follow_every{100};  // what others have changed, while a sale runs
        milliseconds tell_every{500};
        std::uint16_t joins_per_account_max = 50;
        std::size_t closed_lines_kept = 8;  // in memory
    };

    enum class State : std::uint8_t {
        before_opening,
        waiting,
        admitted,  // `admission` lets its holder order
        all_held,  // nothing is available now, but holds may end: stay
        sold_out,
        closed,
        expired,  // the place is gone: join again
    };

    struct Standing {
        std::string ticket;  // empty: there is nothing left to stand in line for
        State state{};
        std::optional<std::int64_t> place;   // 1..; never grows worse once it is known
        std::optional<std::int64_t> ahead;   // turns before this one
        std::optional<std::int64_t> wait_s;  // an estimate
        milliseconds poll_after{1000};
        std::string admission;  // token for X-Admission when admitted
        std::optional<WallTime> admission_expires;
    };

    enum class Error : std::uint8_t {
        no_line,         // no such sale, or one without a line
        bad_ticket,      // malformed, or not ours
        too_many_joins,  // this address, or this account, has joined too often
        line_full,
        unavailable,  // ask again: joining twice gives one ticket
    };

    StandInLine(ports::LineBook& book, ports::OrderBook& orders, ports::Leases& leases,
                const CheckoutPressure& pressure, const Clock& clock, Random& random, Options options);
    ~StandInLine() override;

    /// Brings the lines of all sales back, opens sales on time and lets shoppers in, until `stop`.
    Task<void> run();
    void stop();
    /// Nothing is under way: what was to be told after `stop` has been.
    bool ended() const { return tasks_ == 0; }

    using ClientBytes = std::array<std::uint8_t, 16>;  // IPv6, or IPv4 mapped

    /// Without I/O: the standing of a customer who has a ticket already, or why there can be none. Nothing: ask `join`.
    std::optional<Result<Standing, Error>> join_now(const SaleId& sale, const CustomerId& customer);
    Task<Result<Standing, Error>> join(SaleId sale, CustomerId customer, ClientBytes client, Instant deadline);

    /// Without I/O. Nothing: the line is not in memory, ask `poll`.
    std::optional<Result<Standing, Error>> poll_now(const SaleId& sale, std::string_view ticket);
    Task<Result<Standing, Error>> poll(SaleId sale, std::string ticket, Instant deadline);

    /// Gives the customer's ticket up.
    Task<Result<std::monostate, Error>> leave(SaleId sale, CustomerId customer, std::string ticket, Instant deadline);

    struct DrawPage {
        bool drawn = true;                // false: this line keeps the order of joining
        domain::PublishedDraw published;  // its entries: this page's
        std::size_t entries_total = 0;
        std::size_t next_entry = 0;  // 0: no more
    };
    /// What everybody may see of the draw: the commitment at once, root and list after the opening, the secret after
    /// the sale.
    Task<Result<DrawPage, Error>> draw(SaleId sale, std::size_t first_entry, std::size_t entries_max, Instant deadline);

    void used(SaleId sale, CustomerId customer, std::int64_t units) override;
    void refused(SaleId sale, CustomerId customer) override;
    /// A sale was made or changed: do not wait to notice.
    void sale_changed(SaleId sale);

    /// For metrics and tests.
    struct Figures {
        std::int64_t tickets = 0;
        std::int64_t waiting = 0;
        std::int64_t outstanding = 0;
        std::int64_t units_left = 0;
        double admissions_per_s_allowed = 0;
        std::int64_t called = 0;  // turns, ever
        std::size_t memory_bytes = 0;
        milliseconds behind{0};  // how long ago the book was last followed; 0 where there are no others
        bool leads = false;      // this process calls
        std::size_t others = 0;  // processes that serve this line too
    };
    std::vector<std::pair<SaleId, Figures>> figures() const;

private:
    LineOfSale* in_memory(const SaleId& sale) const;
    Task<Result<LineOfSale*, Error>> line_of(SaleId sale, Instant deadline);
    Task<Result<std::unique_ptr<LineOfSale>, Error>> load(SaleId sale);
    Task<void> lead();
    Task<void> renew_lead();
    bool leads() const { return fence_ && clock_.now() < lead_ends_; }
    bool alone() const { return options_.process.empty(); }
    bool may_admit(const LineOfSale& line) const;
    void touch(LineOfSale& line, domain::Line::Slot slot);
    Task<bool> follow(LineOfSale& line);
    Task<void> apply(LineOfSale& line, ports::LineBook::Line stored);
    void put(LineOfSale& line, const ports::LineBook::StoredTicket& ticket);
    void apply_calls(LineOfSale& line, const ports::LineBook::Line& stored);
    Task<void> work_out_list(LineOfSale& line);
    Task<void> end_list(LineOfSale& line, ports::LineBook::Closing closing);
    Task<void> hear_news(LineOfSale& line, std::int64_t newest);
    void hear(LineOfSale& line, const ports::LineBook::News& news);
    Task<void> forget_silent(LineOfSale& line);
    Instant heard_until(const LineOfSale& line) const;
    bool tell_is_due(const LineOfSale& line) const;
    Task<void> tell(LineOfSale& line, bool last);
    milliseconds follow_pause(const LineOfSale& line) const;
    domain::Pressure pressure_of_all(const LineOfSale& line) const;
    void spent(LineOfSale& line, const CustomerId& customer);
    Task<bool> look(LineOfSale& line, Instant deadline);
    Task<bool> mark_spent(LineOfSale& line);
    Task<void> load_and_start(SaleId sale);
    Task<void> discover();
    void forget_old_lines();
    void start(LineOfSale& line);

    Task<void> run_line(LineOfSale& line);
    Task<void> watch_stock(LineOfSale& line);
    Task<void> read_stock(LineOfSale& line);
    Task<void> write_asks(LineOfSale& line);
    Task<void> write_joins(LineOfSale& line);
    Task<void> write_leave(LineOfSale& line);
    Task<void> close_list(LineOfSale& line);
    Task<void> call_next(LineOfSale& line);

    std::optional<Result<Standing, Error>> settled_join(LineOfSale& line, const CustomerId& customer);
    Standing standing(LineOfSale& line, domain::Line::Slot slot, std::string ticket);
    State state_of(const LineOfSale& line, domain::Line::Slot slot) const;
    milliseconds poll_after(const LineOfSale& line, const Standing& standing, std::int64_t sequence) const;
    bool selling(const LineOfSale& line) const;
    bool over(const LineOfSale& line) const;

    ports::LineBook& book_;
    ports::OrderBook& orders_;
    ports::Leases& leases_;
    const CheckoutPressure& pressure_;
    const Clock& clock_;
    Random& random_;
    Options options_;
    domain::LineJoinLimit address_limit_;
    std::unordered_map<SaleId, std::unique_ptr<LineOfSale>> lines_;
    struct Loading;
    std::unordered_map<SaleId, std::shared_ptr<Loading>> loading_;
    std::optional<ports::Fence> fence_;
    Instant lead_ends_{};
    Event lead_wake_;
    bool stopping_ = false;
    bool discover_now_ = false;
    std::size_t tasks_ = 0;
    Event wake_;
};

std::string_view to_string(StandInLine::State state);

}  // namespace marketday::usecases
