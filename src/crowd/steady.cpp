#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "crowd/wire.hpp"
#include "crowd/worker.hpp"

namespace marketday::crowd {
namespace {

/// With arrivals it is an open loop: each order has its instant, and waits for a free connection on its own time, or
/// goes away when there is none. Without, every client sends its next order as soon as it has its answer, until the
/// duration is over.
class Steady final : public Reactor::Handler {
public:
    explicit Steady(const Share& share)
        : share_(share),
          plan_(share.plan),
          writer_(plan_),
          reactor_(plan_.target, {share.connections_max, plan_.options.request_timeout_us}, *this),
          random_(plan_.options.seed ^ plan_.run_id ^ (0x9e3779b97f4a7c15ULL * (share.index + 1))),
          closed_loop_(plan_.arrivals.empty()),
          end_us_(plan_.start_us + plan_.options.duration_us),
          clients_(std::max<std::uint32_t>(1, plan_.options.connections / share.count)),
          next_arrival_(share.index) {
        for (std::uint32_t i = 0; i < clients_.size(); ++i) idle_.push_back(i);
    }

    void run() {
        for (std::uint32_t i = 0; i < clients_.size(); ++i) connect(i);
        // What is late when the time is over still gets its order out, for as long as a request may take.
        const std::int64_t give_up_us = end_us_ + plan_.options.retry_for_us + plan_.options.request_timeout_us;
        while (monotonic_us() < plan_.start_us) reactor_.step(plan_.start_us);
        while (true) {
            const std::int64_t now = monotonic_us();
            start_due(now);
            if (under_way_ == 0 && nothing_left(now)) break;
            if (now > give_up_us) break;
            // Arrivals closer together than this leave in one go: their latency tells, and the machine is not kept
            // busy with waking up.
            constexpr std::int64_t kTickUs = 200;
            reactor_.step(closed_loop_ || idle_.empty() ? now + 50'000 : std::max(next_due(now), now + kTickUs));
        }
        for (; !closed_loop_ && next_arrival_ < plan_.arrivals.size(); next_arrival_ += share_.count)
            never_sent("never-sent");
        share_.tally.connections = 0;
    }

    void on_answer(Reactor::Slot slot, const ResponseHead& head, std::string_view body) override {
        const std::uint32_t index = client_of_[slot];
        Client& client = clients_[index];
        if (!head.keep_alive) client.slot = Reactor::kNoSlot;
        bump(share_.tally.statuses[static_cast<std::size_t>(std::min(head.status, 599))]);
        client.record.end_us = monotonic_us();
        client.record.status = static_cast<std::uint16_t>(head.status);
        if (head.status == 201) [[likely]] {
            granted(client, body);
            return finished(index, Outcome::ok, {});
        }
        const std::string_view problem = problem_type(body);
        const Meaning meaning = meaning_of(head.status, problem);
        if (meaning == Meaning::refused) return finished(index, Outcome::refused, problem);
        if (meaning == Meaning::unknown) client.may_have_happened = true;
        const std::int64_t told_us = head.retry_after_s > 0 ? head.retry_after_s * 1'000'000LL : 0;
        retry_or_end(index, problem, told_us);
    }

    void on_lost(Reactor::Slot slot, Reactor::Loss loss, bool idle, bool fresh) override {
        const std::uint32_t index = client_of_[slot];
        Client& client = clients_[index];
        if (client.slot == slot) client.slot = Reactor::kNoSlot;
        if (idle) return;
        bump(share_.tally.lost_connections);
        client.record.end_us = monotonic_us();
        if (loss != Reactor::Loss::unreachable) client.may_have_happened = true;
        if (loss == Reactor::Loss::cut && !fresh && !client.resent_once) {  // the server closed an idle connection
            client.resent_once = true;
            return transmit(index);
        }
        if (plan_.options.across_restart) return retry_or_end(index, reason_of(loss), 0);
        finished(index, client.may_have_happened ? Outcome::unknown : Outcome::refused, reason_of(loss));
    }

    void on_timer(std::uint32_t token, std::int64_t) override {
        if (clients_[token].resting) {
            clients_[token].resting = false;
            if (clients_[token].busy) {
                transmit(token);
            } else {
                release(token);
            }
        }
    }

private:
    struct Client {
        Reactor::Slot slot = Reactor::kNoSlot;
        Record record;
        std::int64_t trouble_since_us = 0;
        bool busy = false;
        bool resting = false;  // waits for its timer
        bool may_have_happened = false;
        bool resent_once = false;
    };

    bool nothing_left(std::int64_t now) const {
        return closed_loop_ ? now >= end_us_ : next_arrival_ >= plan_.arrivals.size();
    }

    std::int64_t next_due(std::int64_t now) const {
        return next_arrival_ < plan_.arrivals.size() ? plan_.arrivals[next_arrival_].at_us : now + 50'000;
    }

    void connect(std::uint32_t index) {
        const auto slot = reactor_.open(share_.index + index * share_.count);
        MD_ASSERT(slot.has_value());
        if (client_of_.size() <= *slot) client_of_.resize(*slot + 1);
        client_of_[*slot] = index;
        clients_[index].slot = *slot;
        share_.tally.connections = reactor_.open_count();
    }

    void start_due(std::int64_t now) {
        if (closed_loop_) {
            while (!idle_.empty() && now < end_us_) {
                const std::uint32_t index = idle_.back();
                idle_.pop_back();
                start(index, now, static_cast<std::uint32_t>(random_.below(plan_.sessions.size())), 0);
            }
            return;
        }
        while (!idle_.empty() && next_arrival_ < plan_.arrivals.size() && plan_.arrivals[next_arrival_].at_us <= now) {
            const Arrival& arrival = plan_.arrivals[next_arrival_];
            next_arrival_ += share_.count;
            const std::uint32_t index = idle_.back();
            idle_.pop_back();
            start(index, arrival.at_us, arrival.session, arrival.basket);
        }
        if (!plan_.options.leave_when_full) return;
        for (; next_arrival_ < plan_.arrivals.size() && plan_.arrivals[next_arrival_].at_us <= now;
             next_arrival_ += share_.count)
            never_sent("no-connection");
    }

    void start(std::uint32_t index, std::int64_t intended_us, std::uint32_t session, std::uint32_t basket) {
        Client& client = clients_[index];
        client.record = Record{};
        client.record.op = Op::order;
        client.record.start_us = intended_us;
        client.record.shopper = session;
        client.record.basket = basket;
        client.record.key = random_key(random_);
        client.trouble_since_us = 0;
        client.busy = true;
        client.may_have_happened = client.resent_once = false;
        ++under_way_;
        bump(share_.tally.arrived);
        transmit(index);
    }

    void transmit(std::uint32_t index) {
        Client& client = clients_[index];
        if (client.slot == Reactor::kNoSlot) connect(index);
        ++client.record.attempts;
        reactor_.send(client.slot, writer_.order(plan_.sessions[client.record.shopper], client.record.key, {},
                                                 plan_.baskets[client.record.basket]));
    }

    void granted(Client& client, std::string_view body) {
        const std::int64_t unix_ms = (client.record.end_us + plan_.unix_minus_monotonic_us) / 1000;
        const OrderAnswer answer = read_order_answer(body, unix_ms);
        client.record.order = answer.order;
        client.record.receipt_sequence = answer.receipt_sequence;
        client.record.receipt_hash = answer.receipt_hash;
        client.record.hold_s = answer.hold_s;
        client.record.state = share_.tally.names.intern(answer.state);
        const std::int64_t asked = plan_.baskets[client.record.basket].asked_minor;
        if (answer.goods_minor >= 0 && answer.goods_minor != asked) client.record.flaw = Flaw::price_differs;
    }

    void retry_or_end(std::uint32_t index, std::string_view reason, std::int64_t told_us) {
        Client& client = clients_[index];
        const std::int64_t now = monotonic_us();
        if (client.trouble_since_us == 0) client.trouble_since_us = now;
        const std::int64_t wait_us = std::max(told_us, back_off_us(client.record.attempts, random_));
        if (now + wait_us - client.trouble_since_us > plan_.options.retry_for_us) {
            return finished(index, client.may_have_happened ? Outcome::unknown : Outcome::refused, reason);
        }
        bump(share_.tally.retries);
        client.resting = true;
        reactor_.wake_at(now + wait_us, index);
    }

    void finished(std::uint32_t index, Outcome outcome, std::string_view reason) {
        Client& client = clients_[index];
        conclude(share_, client.record, outcome, reason);
        client.busy = false;
        --under_way_;
        if (client.record.status == 0) {  // nobody there: do not hammer
            client.resting = true;
            reactor_.wake_at(client.record.end_us + 100'000, index);
            return;
        }
        release(index);
    }

    void release(std::uint32_t index) {
        idle_.push_back(index);
        start_due(clients_[index].record.end_us);
    }

    void never_sent(std::string_view reason) {
        const Arrival& arrival = plan_.arrivals[next_arrival_];
        Record record;
        record.op = Op::order;
        record.start_us = arrival.at_us;
        record.end_us = monotonic_us();
        record.shopper = arrival.session;
        record.basket = arrival.basket;
        conclude(share_, record, Outcome::refused, reason);
    }

    const Share& share_;
    const Plan& plan_;
    RequestWriter writer_;
    Reactor reactor_;
    SeededRandom random_;
    bool closed_loop_;
    std::int64_t end_us_;
    std::vector<Client> clients_;
    std::vector<std::uint32_t> idle_;
    std::vector<std::uint32_t> client_of_;  // by slot
    std::size_t next_arrival_;
    std::uint32_t under_way_ = 0;
};

}  // namespace

void run_steady(const Share& share) { Steady(share).run(); }

}  // namespace marketday::crowd
