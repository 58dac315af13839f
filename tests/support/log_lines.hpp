#pragma once

#include <algorithm>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace marketday {

/// What is logged while this lives; one at a time.
class LogLines final : public log::Tap {
public:
    LogLines() { log::set_tap(this); }
    ~LogLines() override { log::set_tap(nullptr); }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;

    void take(const log::Record& record) override {
        const std::scoped_lock lock(mutex_);
        lines_.emplace_back(record.event, record.fields_json);
    }
    /// Whether some event of that name has a field with `text`.
    bool tells(std::string_view event, std::string_view text) const {
        const std::scoped_lock lock(mutex_);
        return std::ranges::any_of(lines_, [&](const auto& line) {
            return line.first == event && line.second.find(text) != std::string::npos;
        });
    }
    std::size_t count(std::string_view event) const {
        const std::scoped_lock lock(mutex_);
        return static_cast<std::size_t>(
            std::ranges::count_if(lines_, [&](const auto& line) { return line.first == event; }));
    }
    friend std::ostream& operator<<(std::ostream& out, const LogLines& log) {
        const std::scoped_lock lock(log.mutex_);
        for (const auto& [event, fields] : log.lines_) out << event << ' ' << fields << '\n';
        return out;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace marketday
