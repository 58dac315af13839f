#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "crowd/json_view.hpp"
#include "crowd/wire.hpp"
#include "crowd/worker.hpp"

namespace marketday::crowd {
namespace {

constexpr std::int64_t kDropConnectionUs = 1'000'000;  // a longer wait between polls lets go of the connection
constexpr std::int64_t kStatusPollUs = 500'000;
constexpr std::uint8_t kAdmissionsMax = 3;  // how often one shopper queues again after an admission ran out

struct Shopper {
    enum class Rest : std::uint8_t { none, retry, poll, status };

    Record record;   // the operation under way
    Record payment;  // one that waits for its outcome
    Arrival arrival;
    Reactor::Slot slot = Reactor::kNoSlot;
    Rest rest = Rest::none;
    bool ended = false;
    bool may_have_happened = false;
    bool resent_once = false;
    bool repeating = false;  // the same order again, to see whether the shop still says the same
    bool in_line = false;
    bool searches = false;
    bool looks = false;
    bool other_card = false;  // the first one came to nothing
    std::uint8_t admissions = 0;
    std::int32_t place = -1;
    std::int32_t ahead = -1;
    std::int64_t timer_due_us = 0;
    std::int64_t trouble_since_us = 0;
    std::string ticket;
    std::string admission;
    Uuid order;
};

class Rush final : public Reactor::Handler {
public:
    explicit Rush(const Share& share)
        : share_(share),
          plan_(share.plan),
          options_(share.plan.options),
          writer_(plan_),
          reactor_(plan_.target, {share.connections_max, options_.request_timeout_us}, *this),
          random_(options_.seed * 0x9e3779b97f4a7c15ULL + share.index),
          keys_(random_.u64() ^ plan_.run_id) {
        for (std::size_t i = share.index; i < plan_.arrivals.size(); i += share.count) {
            Shopper shopper;
            shopper.arrival = plan_.arrivals[i];
            shopper.searches = chance(options_.search_percent) && !plan_.searches.empty();
            shopper.looks = chance(options_.look_percent);
            shoppers_.push_back(std::move(shopper));
        }
    }

    void run() {
        const std::int64_t last_us = shoppers_.empty() ? 0 : shoppers_.back().arrival.at_us;
        const std::int64_t give_up_us =
            last_us + options_.patience_us + options_.retry_for_us + options_.request_timeout_us;
        while (ended_ < shoppers_.size()) {
            const std::int64_t now = monotonic_us();
            while (next_ < shoppers_.size() && shoppers_[next_].arrival.at_us <= now) arrive(next_++);
            for (std::size_t room = blocked_.size(); room > 0; --room) {
                if (reactor_.open_count() >= share_.connections_max) break;
                const std::uint32_t index = blocked_.front();
                blocked_.pop_front();
                transmit(index);
            }
            if (now > give_up_us) break;
            share_.tally.connections = reactor_.open_count();
            reactor_.step(next_ < shoppers_.size() ? shoppers_[next_].arrival.at_us : now + 50'000);
        }
        for (Shopper& shopper : shoppers_) {
            if (shopper.ended) continue;
            if (shopper.rest == Shopper::Rest::status) conclude(share_, shopper.payment, Outcome::unknown, "gave-up");
            end(shopper, Ending::gave_up);
        }
        share_.tally.connections = 0;
    }

    void on_answer(Reactor::Slot slot, const ResponseHead& head, std::string_view body) override {
        const std::uint32_t index = shopper_of_[slot];
        Shopper& shopper = shoppers_[index];
        if (!head.keep_alive) shopper.slot = Reactor::kNoSlot;
        bump(share_.tally.statuses[static_cast<std::size_t>(std::min(head.status, 599))]);
        const std::int64_t now = monotonic_us();
        if (shopper.repeating) return repeated(shopper, head.status, body);
        shopper.record.end_us = now;
        shopper.record.status = static_cast<std::uint16_t>(head.status);
        const bool failed = head.status >= 400;
        const std::string problem(failed ? problem_type(body) : std::string_view{});
        switch (meaning_of(head.status, problem)) {
            case Meaning::ok: return accepted(index, body);
            case Meaning::refused: return refused(index, problem);
            case Meaning::unknown: shopper.may_have_happened = true; break;
            case Meaning::in_flight:
            case Meaning::again: break;
        }
        retry_or_end(index, problem, head.retry_after_s > 0 ? head.retry_after_s * 1'000'000LL : 0);
    }

    void on_lost(Reactor::Slot slot, Reactor::Loss loss, bool idle, bool fresh) override {
        const std::uint32_t index = shopper_of_[slot];
        Shopper& shopper = shoppers_[index];
        if (shopper.slot == slot) shopper.slot = Reactor::kNoSlot;
        if (idle || shopper.ended) return;
        bump(share_.tally.lost_connections);
        if (shopper.repeating) return repeated(shopper, 0, {});
        shopper.record.end_us = monotonic_us();
        if (loss != Reactor::Loss::unreachable) shopper.may_have_happened = true;
        if (loss == Reactor::Loss::cut && !fresh && !shopper.resent_once) {  // the server closed an idle connection
            shopper.resent_once = true;
            return transmit(index);
        }
        // Asking for one's place again changes nothing, so a page does that by itself; an order only when told to.
        const Op op = shopper.record.op;
        const bool harmless = op == Op::join || op == Op::poll || op == Op::status;
        if (options_.across_restart || harmless) return retry_or_end(index, reason_of(loss), 0);
        give_up(index, reason_of(loss));
    }

    void on_timer(std::uint32_t token, std::int64_t due_us) override {
        Shopper& shopper = shoppers_[token];
        if (shopper.ended || shopper.rest == Shopper::Rest::none || shopper.timer_due_us != due_us) return;
        const Shopper::Rest rest = std::exchange(shopper.rest, Shopper::Rest::none);
        const bool patient = due_us < shopper.arrival.at_us + options_.patience_us;
        switch (rest) {
            case Shopper::Rest::none: return;
            case Shopper::Rest::retry: return transmit(token);
            case Shopper::Rest::poll:
                if (!patient) return end(shopper, Ending::gave_up);
                return begin(token, chance(options_.reload_percent) ? Op::join : Op::poll, due_us);
            case Shopper::Rest::status:
                if (patient) return begin(token, Op::status, due_us);
                shopper.payment.end_us = monotonic_us();
                conclude(share_, shopper.payment, Outcome::unknown, "still-paying");
                return end(shopper, Ending::unknown);
        }
    }

private:
    bool chance(std::uint32_t percent) { return percent > 0 && random_.below(100) < percent; }
    const Session& session_of(const Shopper& shopper) const { return plan_.sessions[shopper.arrival.session]; }

    void arrive(std::size_t index) {
        bump(share_.tally.arrived);
        const Shopper& shopper = shoppers_[index];
        const std::int64_t late_us = monotonic_us() - shopper.arrival.at_us;
        if (late_us > share_.tally.late_us_max) share_.tally.late_us_max = late_us;
        const Op first = shopper.searches ? Op::search : shopper.looks ? Op::look : entrance();
        begin(static_cast<std::uint32_t>(index), first, shopper.arrival.at_us);
    }

    Op entrance() const { return plan_.sale && plan_.sale->line ? Op::join : Op::order; }

    void begin(std::uint32_t index, Op op, std::int64_t intended_us) {
        Shopper& shopper = shoppers_[index];
        shopper.record = Record{};
        shopper.record.op = op;
        shopper.record.start_us = intended_us;
        shopper.record.shopper = shopper.arrival.session;
        if (op == Op::order) shopper.record.basket = shopper.arrival.basket;
        if (op == Op::order || op == Op::pay) shopper.record.key = random_key(keys_);
        if (op == Op::pay || op == Op::status) shopper.record.order = shopper.order;
        shopper.trouble_since_us = 0;
        shopper.may_have_happened = shopper.resent_once = false;
        transmit(index);
    }

    void transmit(std::uint32_t index) {
        Shopper& shopper = shoppers_[index];
        if (shopper.slot == Reactor::kNoSlot) {
            const auto slot = reactor_.open(share_.index + index * share_.count);
            if (!slot) return blocked_.push_back(index);
            if (shopper_of_.size() <= *slot) shopper_of_.resize(*slot + 1);
            shopper_of_[*slot] = index;
            shopper.slot = *slot;
        }
        ++shopper.record.attempts;
        reactor_.send(shopper.slot, request(shopper));
    }

    std::string_view request(const Shopper& shopper) {
        const Session& session = session_of(shopper);
        const Basket& basket = plan_.baskets[shopper.arrival.basket];
        switch (shopper.record.op) {
            case Op::look:
                return plan_.sale ? writer_.look(session) : writer_.look_product(session, basket.lines[0].sku);
            case Op::search:
                return writer_.search(session, plan_.searches[shopper.arrival.session % plan_.searches.size()]);
            case Op::join: return writer_.join(session);
            case Op::poll: return writer_.poll(session, shopper.ticket);
            case Op::order: return writer_.order(session, shopper.record.key, shopper.admission, basket);
            case Op::pay: return writer_.pay(session, shopper.record.key, shopper.order, card(shopper));
            case Op::status: return writer_.order_status(session, shopper.order);
        }
        return {};
    }

    /// Which payments stay silent depends on the key alone, so a retry uses the same card.
    std::string_view card(const Shopper& shopper) const {
        const bool silent =
            !shopper.other_card && shopper.record.key[0] * 100U / 256U < options_.silent_payments_percent;
        return silent ? R"({"method":"card","token":"tok_silent"})" : R"({"method":"card","token":"tok_ok"})";
    }

    void accepted(std::uint32_t index, std::string_view body) {
        Shopper& shopper = shoppers_[index];
        switch (shopper.record.op) {
            case Op::search:
            case Op::look: return looked(index, Outcome::ok, {});
            case Op::join:
            case Op::poll: return told_place(index, read_line_answer(body));
            case Op::order: return granted(index, body);
            case Op::pay: return answered_payment(index, body);
            case Op::status: return saw_order(index, body);
        }
    }

    void looked(std::uint32_t index, Outcome outcome, std::string_view reason) {
        Shopper& shopper = shoppers_[index];
        const Op done = shopper.record.op;
        const std::int64_t now = shopper.record.end_us;
        conclude(share_, shopper.record, outcome, reason);
        begin(index, done == Op::search && shopper.looks ? Op::look : entrance(), now);
    }

    void told_place(std::uint32_t index, const LineAnswer& answer) {
        Shopper& shopper = shoppers_[index];
        const std::int64_t now = shopper.record.end_us;
        shopper.record.place = static_cast<std::int32_t>(answer.place);
        shopper.record.state = share_.tally.names.intern(answer.state);
        check_place(shopper, answer);
        shopper.ticket.assign(answer.ticket);
        shopper.admission.assign(answer.admission);
        const std::string_view state = share_.tally.names[shopper.record.state];
        const std::int64_t poll_us = std::clamp<std::int64_t>(answer.poll_after_ms, 10, 60'000) * 1000;
        conclude(share_, shopper.record, Outcome::ok, {});
        if (state == "admitted") {
            leave_line(shopper);
            return begin(index, Op::order, now);
        }
        if (state == "waiting" || state == "before_opening" || state == "all_held") {
            enter_line(shopper);
            if (poll_us > kDropConnectionUs) drop_connection(shopper);
            return rest(index, Shopper::Rest::poll, now + poll_us);
        }
        if (state == "expired" && shopper.admissions++ < kAdmissionsMax) {
            forget_ticket(shopper);
            return begin(index, Op::join, now);
        }
        end(shopper, Ending::told_no);  // sold_out, closed
    }

    static void check_place(Shopper& shopper, const LineAnswer& answer) {
        const auto place = static_cast<std::int32_t>(answer.place);
        const auto ahead = static_cast<std::int32_t>(answer.ahead);
        if (!shopper.ticket.empty() && shopper.ticket != answer.ticket) shopper.record.flaw = Flaw::ticket_changed;
        if (place >= 0) {
            if (shopper.place >= 0 && place != shopper.place) shopper.record.flaw = Flaw::place_changed;
            shopper.place = place;
        }
        if (ahead >= 0) {
            if (shopper.ahead >= 0 && ahead > shopper.ahead) shopper.record.flaw = Flaw::place_went_back;
            shopper.ahead = ahead;
        }
        // Before the opening "ahead" counts those who came before; the draw then gives the place that must hold.
        if (answer.state == "before_opening") shopper.place = shopper.ahead = -1;
    }

    static void forget_ticket(Shopper& shopper) {
        shopper.ticket.clear();
        shopper.admission.clear();
        shopper.place = shopper.ahead = -1;
    }

    void granted(std::uint32_t index, std::string_view body) {
        Shopper& shopper = shoppers_[index];
        Record& record = shopper.record;
        const OrderAnswer answer = read_order_answer(body, (record.end_us + plan_.unix_minus_monotonic_us) / 1000);
        record.order = shopper.order = answer.order;
        record.receipt_sequence = answer.receipt_sequence;
        record.receipt_hash = answer.receipt_hash;
        record.hold_s = answer.hold_s;
        record.state = share_.tally.names.intern(answer.state);
        const std::int64_t asked = plan_.baskets[shopper.arrival.basket].asked_minor;
        if (answer.goods_minor >= 0 && answer.goods_minor != asked) record.flaw = Flaw::price_differs;
        record.outcome = Outcome::ok;
        if (press_twice(index)) return;
        after_order(index);
    }

    /// Sends the same order again under the same key, as an impatient finger does. True when it did.
    bool press_twice(std::uint32_t index) {
        if (!chance(options_.repeat_percent)) return false;
        shoppers_[index].repeating = true;
        transmit(index);
        return true;
    }

    void repeated(Shopper& shopper, int status, std::string_view body) {
        shopper.repeating = false;
        Record& record = shopper.record;
        --record.attempts;
        if (status / 100 == 2 && record.outcome == Outcome::refused) record.flaw = Flaw::granted_after_refused;
        if (status / 100 == 2 && record.outcome == Outcome::ok && read_order_answer(body, 0).order != record.order) {
            record.flaw = Flaw::two_orders_one_key;
        }
        const bool verdict = (status == 409 && problem_type(body) != "in-flight") || status == 422;
        if (verdict && record.outcome == Outcome::ok) record.flaw = Flaw::refused_after_granted;
        after_order(static_cast<std::uint32_t>(&shopper - shoppers_.data()));
    }

    /// The order has its verdict, in record.outcome and record.reason.
    void after_order(std::uint32_t index) {
        Shopper& shopper = shoppers_[index];
        const Record done = shopper.record;
        conclude(share_, shopper.record, done.outcome, share_.tally.names[done.reason]);
        if (done.outcome == Outcome::refused) return end(shopper, Ending::told_no);
        if (!options_.pay) return end(shopper, Ending::bought);
        begin(index, Op::pay, monotonic_us());
    }

    void answered_payment(std::uint32_t index, std::string_view body) {
        Shopper& shopper = shoppers_[index];
        const JsonView answer(body);
        shopper.record.state = share_.tally.names.intern(answer["state"].bare());
        if (shopper.record.status == 202) {
            shopper.payment = shopper.record;
            return rest(index, Shopper::Rest::status, shopper.record.end_us + kStatusPollUs);
        }
        conclude(share_, shopper.record, Outcome::ok, {});
        end(shopper, Ending::bought);
    }

    /// What became of a payment that the shop was still waiting for.
    void saw_order(std::uint32_t index, std::string_view body) {
        Shopper& shopper = shoppers_[index];
        const std::string state{JsonView(body)["state"].bare()};
        const std::int64_t now = shopper.record.end_us;
        conclude(share_, shopper.record, Outcome::ok, {});
        if (state == "paying") return rest(index, Shopper::Rest::status, now + kStatusPollUs);
        shopper.payment.end_us = now;
        shopper.payment.state = share_.tally.names.intern(state);
        if (state == "reserved" || state == "expired" || state == "cancelled" || state == "refunded") {
            conclude(share_, shopper.payment, Outcome::refused, state == "reserved" ? "payment-declined" : state);
            // The units are still held: who is told that the payment came to nothing takes another card.
            if (state == "reserved" && !std::exchange(shopper.other_card, true)) return begin(index, Op::pay, now);
            return end(shopper, Ending::declined);
        }
        conclude(share_, shopper.payment, Outcome::ok, {});
        end(shopper, Ending::bought);
    }

    void refused(std::uint32_t index, std::string_view problem) {
        Shopper& shopper = shoppers_[index];
        switch (shopper.record.op) {
            case Op::search:
            case Op::look: return looked(index, Outcome::refused, problem);
            case Op::status: return rest(index, Shopper::Rest::status, shopper.record.end_us + kStatusPollUs);
            case Op::join:
            case Op::poll:
                conclude(share_, shopper.record, Outcome::refused, problem);
                return end(shopper, shopper.record.status == 409 ? Ending::told_no : Ending::failed);
            case Op::pay:
                conclude(share_, shopper.record, Outcome::refused, problem);
                return end(shopper, shopper.record.status == 402 ? Ending::declined : Ending::told_no);
            case Op::order: break;
        }
        if (shopper.record.status == 409) {
            shopper.record.outcome = Outcome::refused;
            shopper.record.reason = share_.tally.names.intern(problem);
            if (!press_twice(index)) after_order(index);
            return;
        }
        const std::int64_t now = shopper.record.end_us;
        conclude(share_, shopper.record, Outcome::refused, problem);
        if (problem == "not-admitted" && !shopper.ticket.empty() && shopper.admissions++ < kAdmissionsMax) {
            return begin(index, Op::poll, now);  // the line says whether it ran out, or never was
        }
        end(shopper, Ending::failed);
    }

    void retry_or_end(std::uint32_t index, std::string_view reason, std::int64_t told_us) {
        Shopper& shopper = shoppers_[index];
        const std::int64_t now = monotonic_us();
        if (shopper.trouble_since_us == 0) shopper.trouble_since_us = now;
        const std::int64_t wait_us = std::max(told_us, back_off_us(shopper.record.attempts, random_));
        if (now + wait_us - shopper.trouble_since_us > options_.retry_for_us) return give_up(index, reason);
        bump(share_.tally.retries);
        if (wait_us > kDropConnectionUs) drop_connection(shopper);
        rest(index, Shopper::Rest::retry, now + wait_us);
    }

    void give_up(std::uint32_t index, std::string_view reason) {
        Shopper& shopper = shoppers_[index];
        const Outcome outcome = shopper.may_have_happened ? Outcome::unknown : Outcome::refused;
        const Op op = shopper.record.op;
        if (op == Op::look || op == Op::search) return looked(index, outcome, reason);
        conclude(share_, shopper.record, outcome, reason);
        if (op == Op::status) {
            shopper.payment.end_us = shopper.record.end_us;
            conclude(share_, shopper.payment, Outcome::unknown, reason);
        }
        const bool money_at_stake = op == Op::order || op == Op::pay || op == Op::status;
        end(shopper, money_at_stake && outcome == Outcome::unknown ? Ending::unknown : Ending::failed);
    }

    void rest(std::uint32_t index, Shopper::Rest why, std::int64_t due_us) {
        shoppers_[index].rest = why;
        shoppers_[index].timer_due_us = due_us;
        reactor_.wake_at(due_us, index);
    }

    void enter_line(Shopper& shopper) {
        if (!std::exchange(shopper.in_line, true)) bump(share_.tally.waiting);
    }
    void leave_line(Shopper& shopper) {
        if (std::exchange(shopper.in_line, false)) share_.tally.waiting.fetch_sub(1, std::memory_order_relaxed);
    }

    void drop_connection(Shopper& shopper) {
        if (shopper.slot == Reactor::kNoSlot) return;
        reactor_.close(shopper.slot);
        shopper.slot = Reactor::kNoSlot;
    }

    void end(Shopper& shopper, Ending ending) {
        MD_ASSERT(!shopper.ended);
        shopper.ended = true;
        shopper.rest = Shopper::Rest::none;
        leave_line(shopper);
        drop_connection(shopper);
        bump(share_.tally.endings[static_cast<std::size_t>(ending)]);
        ++ended_;
    }

    const Share& share_;
    const Plan& plan_;
    const Options& options_;
    RequestWriter writer_;
    Reactor reactor_;
    SeededRandom random_;  // behaviour: the same for one seed
    SeededRandom keys_;
    std::vector<Shopper> shoppers_;
    std::vector<std::uint32_t> shopper_of_;  // by slot
    std::deque<std::uint32_t> blocked_;      // want a connection
    std::size_t next_ = 0;
    std::size_t ended_ = 0;
};

}  // namespace

void run_rush(const Share& share) { Rush(share).run(); }

}  // namespace marketday::crowd
