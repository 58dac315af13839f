#pragma once

#include <map>
#include <string>

#include "base/async/wait.hpp"
#include "ports/shared_cache.hpp"

namespace marketday {

/// A cache whose every fault is the test's: it can be silent, forget, and give back what was there before.
class WilfulCache final : public ports::SharedCache {
public:
    std::map<std::string, std::string> kept;
    bool silent = false;

    Task<std::vector<std::optional<std::string>>> find_all(std::vector<std::string> names) override {
        co_await sleep_for(milliseconds{1});
        std::vector<std::optional<std::string>> all;
        for (const auto& name : names) {
            const auto found = kept.find(name);
            all.push_back(silent || found == kept.end() ? std::nullopt : std::optional{found->second});
        }
        co_return all;
    }
    void keep(std::string name, std::string bytes, milliseconds) override {
        if (!silent) kept[name] = std::move(bytes);
    }
    void forget(std::string name) override {
        if (!silent) kept.erase(name);
    }
};

}  // namespace marketday
