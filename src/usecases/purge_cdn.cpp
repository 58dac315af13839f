#include "usecases/purge_cdn.hpp"

#include <algorithm>
#include <utility>

#include "base/async/wait.hpp"
#include "base/log.hpp"

namespace marketday::usecases {

PurgeCdn::PurgeCdn(ports::Cdn& cdn, const Clock& clock, Options options) : cdn_(cdn), clock_(clock), options_(options) {
    changed({kEverything});
}

void PurgeCdn::changed(const std::vector<std::string>& keys) {
    const std::uint64_t change = ++changes_;
    for (const std::string& key : keys) wanted_[key] = {.due = clock_.now(), .told = 0, .change = change};
    if (wanted_.size() > options_.keys_max) {
        wanted_.clear();
        wanted_[kEverything] = {.due = clock_.now(), .told = 0, .change = change};
        figures_.overflows_total.fetch_add(1, std::memory_order_relaxed);
    }
    count_waiting();
}

void PurgeCdn::count_waiting() {
    figures_.waiting.store(static_cast<std::uint64_t>(std::ranges::count_if(
                               wanted_, [](const auto& wanted) { return wanted.second.told == 0; })),
                           std::memory_order_relaxed);
}

std::vector<std::string> PurgeCdn::due_keys() const {
    std::vector<std::string> keys;
    const Instant now = clock_.now();
    for (const auto& [key, wanted] : wanted_) {
        if (wanted.due > now) continue;
        keys.push_back(key);
        if (keys.size() == ports::Cdn::kKeysMax) break;
    }
    return keys;
}

Task<void> PurgeCdn::run() {
    milliseconds pause{0};
    while (true) {
        std::vector<std::string> keys = due_keys();
        if (keys.empty()) {
            co_await sleep_for(options_.look_every);
            continue;
        }
        const std::uint64_t change = changes_;
        std::vector<std::string> given = keys;
        const auto purged = co_await cdn_.purge(std::move(given));
        if (!purged) {
            figures_.failures_total.fetch_add(1, std::memory_order_relaxed);
            if (pause == milliseconds{0}) log::warn("cdn.not_purged", {{"keys", keys.size()}});
            pause = pause == milliseconds{0} ? options_.pause_first : std::min(pause * 2, options_.pause_max);
            co_await sleep_for(pause);
            continue;
        }
        if (pause > milliseconds{0}) log::info("cdn.purged_again", {{"keys", keys.size()}});
        pause = milliseconds{0};
        figures_.purges_total.fetch_add(1, std::memory_order_relaxed);
        figures_.keys_total.fetch_add(keys.size(), std::memory_order_relaxed);
        for (const std::string& key : keys) {
            const auto found = wanted_.find(key);
            // What has changed meanwhile is to be told from its beginning.
            if (found == wanted_.end() || found->second.change > change) continue;
            Wanted& wanted = found->second;
            if (wanted.told == options_.again_after.size())
                wanted_.erase(found);
            else
                wanted.due = clock_.now() + options_.again_after[wanted.told++];
        }
        count_waiting();
    }
}

}  // namespace marketday::usecases
