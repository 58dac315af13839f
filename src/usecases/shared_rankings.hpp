#pragma once

#include "ports/rankings.hpp"

namespace marketday::usecases {

/// Rankings that all processes share, with this process's own beside them for while the shared ones do not answer: a
/// shopper then sees what is asked for here, instead of nothing.
class SharedRankings final : public ports::Rankings {
public:
    SharedRankings(ports::Rankings& shared, ports::Rankings& own) : shared_(shared), own_(own) {}

    void record(Event event) override {
        own_.record(event);
        shared_.record(std::move(event));
    }
    Answer<std::vector<Ranked>> top(Kind kind, std::size_t keys_max) override {
        auto shared = co_await shared_.top(kind, keys_max);
        if (shared) co_return shared;
        co_return co_await own_.top(kind, keys_max);
    }

private:
    ports::Rankings& shared_;
    ports::Rankings& own_;
};

}  // namespace marketday::usecases
