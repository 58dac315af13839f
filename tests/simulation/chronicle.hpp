#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/async/sim_executor.hpp"
#include "base/ids.hpp"

namespace marketday::simulation {

/// What happened in one run, in order. Always as one hash over everything, so that two runs can be compared; as
/// readable lines only when asked for, since those cost more than the run itself.
class Chronicle {
public:
    Chronicle(const SimExecutor& world, bool keep_lines) : world_(world), begun_(world.now()), keep_(keep_lines) {}

    /// `who` and `format` are literals.
    template <class... Args>
    void note(std::string_view who, fmt::format_string<const Args&...> format, const Args&... args) {
        mix(static_cast<std::uint64_t>(world_.now().time_since_epoch().count()));
        mix_text(who);
        const fmt::string_view pattern = format;
        mix_text({pattern.data(), pattern.size()});
        (mix_one(args), ...);
        ++events_;
        if (keep_) keep_line(who, fmt::format(format, args...));
    }
    /// Like `note`, marked: something went wrong on purpose.
    template <class... Args>
    void fault(fmt::format_string<const Args&...> format, const Args&... args) {
        ++faults_;
        note("** fault **", format, args...);
    }

    std::uint64_t hash() const { return hash_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t faults() const { return faults_; }
    bool keeps_lines() const { return keep_; }

    /// Gives an id a name that people can follow: "order 3", "shopper 12".
    void name(const Uuid& id, std::string name) {
        if (keep_) names_.emplace(id.to_string(), std::move(name));
    }
    /// `text` with every id that has a name replaced by it.
    std::string readable(std::string text) const;

    /// The last `lines_max` lines, and before them those that name what `violation` names.
    std::string timeline(std::string_view violation, std::size_t lines_max) const;

private:
    void mix(std::uint64_t value) {
        hash_ ^= value;
        hash_ *= 0x9e3779b97f4a7c15ULL;
        hash_ ^= hash_ >> 29;
    }
    void mix_text(std::string_view text) {
        std::uint64_t h = 1469598103934665603ULL;
        for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        mix(h);
    }
    void mix_one(std::string_view text) { mix_text(text); }
    template <class T>
        requires std::is_integral_v<T>
    void mix_one(T number) {
        mix(static_cast<std::uint64_t>(number));
    }
    void keep_line(std::string_view who, std::string text);

    const SimExecutor& world_;
    Instant begun_;
    bool keep_;
    std::uint64_t hash_ = 0x243f6a8885a308d3ULL;
    std::uint64_t events_ = 0;
    std::uint64_t faults_ = 0;
    std::deque<std::string> lines_;
    std::map<std::string, std::string> names_;
};

/// Eight digits tell ids of one run apart well enough to read.
std::string brief(const Uuid& id);

}  // namespace marketday::simulation
