#pragma once

#include <map>

#include "base/async/wait.hpp"
#include "ports/mail.hpp"
#include "tests/simulation/chronicle.hpp"

namespace marketday::simulation {

/// A post office that outlives the shop. A letter handed over twice under one id reaches its reader once.
class SimMail final : public ports::Mail {
public:
    SimMail(Random& random, Chronicle& chronicle) : random_(random), chronicle_(chronicle) {}
    void set_fails_percent(unsigned percent) { fails_percent_ = percent; }

    Task<Result<std::monostate, Error>> send(Letter letter) override {
        co_await sleep_for(milliseconds{static_cast<std::int64_t>(random_.below(30))});
        const auto luck = fails_percent_ > 0 ? random_.below(100) : 100;
        if (luck < fails_percent_ / 2) {
            chronicle_.fault("a letter is not taken");
            co_return fail(Error::unavailable);
        }
        const std::string reader = letter.to;
        if (delivered_.emplace(letter.id, std::move(letter)).second) chronicle_.note("mail", "a letter to {}", reader);
        if (luck < fails_percent_) co_return fail(Error::outcome_unknown);
        co_return std::monostate{};
    }

    const std::map<Uuid, Letter>& delivered() const { return delivered_; }

private:
    Random& random_;
    Chronicle& chronicle_;
    unsigned fails_percent_ = 0;
    std::map<Uuid, Letter> delivered_;
};

}  // namespace marketday::simulation
