#include "base/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "base/log_output.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"

namespace marketday::log {
namespace {

std::atomic<Level> lowest_level{Level::info};
std::mutex tap_mutex;
Tap* current_tap = nullptr;

std::mutex output_mutex;
constinit LogOutput output{STDERR_FILENO};
std::uint64_t lost_untold = 0;  // lines since the last one that was written
std::atomic<std::uint64_t> lost{0};

void append_value(std::string& line, const Field& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_json_string(line, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        fmt::format_to(std::back_inserter(line), "{}", *number);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
        fmt::format_to(std::back_inserter(line), "{:.6g}", *real);
    } else {
        line += std::get<bool>(field.value) ? "true" : "false";
    }
}

std::string json_of(std::initializer_list<Field> fields) {
    std::string json = "{";
    for (const auto& field : fields) {
        if (json.size() > 1) json += ',';
        append_json_string(json, field.name);
        json += ':';
        append_value(json, field);
    }
    json += '}';
    return json;
}

std::string line_of(std::int64_t unix_ms, Level level, std::string_view event, std::string_view trace_id,
                    std::string_view fields_json) {
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":)", to_rfc3339(unix_ms), to_string(level));
    append_json_string(line, event);
    if (!trace_id.empty()) fmt::format_to(std::back_inserter(line), R"(,"trace_id":"{}")", trace_id);
    if (fields_json.size() > 2) line += ',';
    line.append(fields_json, 1);
    line += '\n';
    return line;
}

/// First how many were lost before it, if any were.
void put(std::int64_t unix_ms, std::string_view line) {
    const std::scoped_lock lock(output_mutex);
    if (lost_untold > 0) {
        const auto told = line_of(unix_ms, Level::warn, "log.lines_lost", {}, json_of({{"lines", lost_untold}}));
        if (output.put(told)) lost_untold = 0;
    }
    if (lost_untold > 0 || !output.put(line)) {
        ++lost_untold;
        lost.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    return "off";
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
                else
                    out += c;
        }
    }
    out += '"';
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < lowest_level.load(std::memory_order_relaxed)) return;
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::string_view trace_id = current_trace() != nullptr ? current_trace()->id() : std::string_view{};
    const std::string fields_json = json_of(fields);
    put(now.count(), line_of(now.count(), level, event, trace_id, fields_json));
    const std::scoped_lock lock(tap_mutex);
    if (current_tap != nullptr) current_tap->take({now.count(), level, event, trace_id, fields_json});
}

void set_tap(Tap* tap) {
    const std::scoped_lock lock(tap_mutex);
    current_tap = tap;
}

std::uint64_t lines_lost_total() { return lost.load(std::memory_order_relaxed); }

void set_level(Level lowest) { lowest_level = lowest; }

}  // namespace marketday::log
