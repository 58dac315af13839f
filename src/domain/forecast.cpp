#include "domain/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "domain/admission_rate.hpp"

namespace marketday::domain {
namespace {

constexpr double kStepS = 0.01;
constexpr double kTimeMaxS = 3600;
constexpr std::size_t kSecondsShown = 600;
constexpr double kPayS = 0.05;      // a payment's way to the bank and back, and its step
constexpr double kPollNearS = 0.5;  // how soon somebody near the head learns that it is their turn, on average
constexpr std::size_t kDelaySteps = 4096;

/// People on their way: whoever leaves at a step arrives some steps later.
class Delay {
public:
    void send(double people, std::size_t steps) {
        ring_[(at_ + std::min(std::max<std::size_t>(steps, 1), kDelaySteps - 1)) % kDelaySteps] += people;
    }
    double arrive() {
        at_ = (at_ + 1) % kDelaySteps;
        return std::exchange(ring_[at_], 0.0);
    }

private:
    std::vector<double> ring_ = std::vector<double>(kDelaySteps, 0.0);
    std::size_t at_ = 0;
};

std::size_t steps_of(double seconds) { return static_cast<std::size_t>(std::lround(seconds / kStepS)); }

class Playing {
public:
    Playing(const ForecastCrowd& crowd, const ForecastCapacity& capacity)
        : crowd_(crowd),
          capacity_(capacity),
          units_left_(static_cast<double>(crowd.units)),
          rate_({.per_s_max = static_cast<double>(crowd.admissions_per_s_max)}, Instant{}) {}

    Forecast play() {
        const double arrive_s = std::max(kStepS, std::chrono::duration<double>(crowd_.arrive).count());
        const double per_step = static_cast<double>(crowd_.shoppers) * kStepS / arrive_s;
        double to_come = static_cast<double>(crowd_.shoppers);
        for (double now_s = 0; now_s < kTimeMaxS; now_s += kStepS) {
            const double come = std::min(per_step, to_come);
            to_come -= come;
            step(now_s, come);
            if (paid_ >= static_cast<double>(crowd_.units) - 0.5) return ended(now_s, true);
            if (to_come <= 0 && waiting_ + lane_ + on_their_way_ + paying_ < 0.5) return ended(now_s, false);
        }
        return ended(kTimeMaxS, false);
    }

private:
    void step(double now_s, double come) {
        // One thread answers everybody: who comes and who asks again takes from what orders could have.
        const double polls = waiting_ / std::max(1.0, poll_every_s());
        const double busy = come * 2 / kStepS + polls;
        const double orders_per_s =
            std::min(capacity_.store_orders_per_s,
                     std::max(capacity_.requests_per_s * 0.1, (capacity_.requests_per_s - busy) / 2));
        join(now_s, come);
        const double arrived = ordering_.arrive();
        on_their_way_ -= arrived;
        take_orders(arrived, orders_per_s);
        const double done = paying_done_.arrive();
        paying_ -= done;
        paid_ += done;
        note(now_s);
    }

    void join(double now_s, double come) {
        if (!crowd_.line) {
            on_their_way_ += come;
            ordering_.send(come, 2);
            return;
        }
        waiting_ += come;
        const auto now = Instant{} + milliseconds{static_cast<std::int64_t>(now_s * 1000)};
        Pressure pressure{.lane_depth = static_cast<std::size_t>(lane_), .lane_depth_max = capacity_.lane_depth_max};
        pressure.latency_p99 = capacity_.commit + milliseconds{static_cast<std::int64_t>(lane_wait_s_ * 1000)};
        rate_.observe(pressure, now);
        const double room = std::min(units_left_ - on_their_way_ - lane_, waiting_);
        const auto called = static_cast<double>(rate_.take(std::llround(std::max(0.0, room)), now));
        waiting_ -= called;
        on_their_way_ += called;
        // They learn of it when they ask again; those who came first ask all at other moments.
        for (int part = 0; part < 10; ++part) ordering_.send(called / 10, steps_of(kPollNearS * (0.2 + 0.18 * part)));
    }

    void take_orders(double arrived, double orders_per_s) {
        const double room = static_cast<double>(capacity_.lane_depth_max) - lane_;
        const double taken = std::min(arrived, std::max(0.0, room));
        declined_ += arrived - taken;
        lane_ += taken;
        const double served = std::min(lane_, orders_per_s * kStepS);
        lane_ -= served;
        lane_wait_s_ = lane_ / std::max(1.0, orders_per_s);
        const double granted = std::min(served, units_left_);
        units_left_ -= granted;
        paying_ += granted;
        paying_done_.send(granted,
                          steps_of(kPayS + 2 * std::chrono::duration<double>(capacity_.commit).count() + lane_wait_s_));
    }

    double poll_every_s() const {
        const double per_s = std::max(rate_.per_s(), 20.0);
        return std::clamp(waiting_ / per_s / 4, 1.0, 20.0);
    }

    void note(double now_s) {
        const auto length = static_cast<std::int64_t>(std::lround(waiting_));
        result_.line_length_max = std::max(result_.line_length_max, length);
        const auto second = static_cast<std::size_t>(now_s);
        if (second >= result_.line_length.size() && second < kSecondsShown) result_.line_length.push_back(length);
    }

    Forecast ended(double now_s, bool sold_out) {
        result_.units_sold = static_cast<std::int64_t>(std::lround(paid_));
        result_.declined = static_cast<std::int64_t>(std::lround(declined_));
        if (sold_out) result_.sold_out_s = now_s;
        result_.orders_per_s = paid_ / std::max(kStepS, now_s);
        return std::move(result_);
    }

    const ForecastCrowd& crowd_;
    const ForecastCapacity& capacity_;
    double units_left_;
    AdmissionRate rate_;
    double waiting_ = 0;       // in the line
    double on_their_way_ = 0;  // called, and have not ordered
    double lane_ = 0;
    double lane_wait_s_ = 0;
    double paying_ = 0;
    double paid_ = 0;
    double declined_ = 0;
    Delay ordering_;
    Delay paying_done_;
    Forecast result_;
};

}  // namespace

Forecast forecast(const ForecastCrowd& crowd, const ForecastCapacity& capacity) {
    return Playing(crowd, capacity).play();
}

}  // namespace marketday::domain
