#include "base/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "base/text.hpp"
#include "base/trace.hpp"

namespace marketday::log {
namespace {

std::atomic<Level> lowest_level{Level::info};
std::mutex tap_mutex;
Tap* current_tap = nullptr;

spdlog::logger& sink() {
    static spdlog::logger logger = [] {
        spdlog::logger made{"marketday", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
        made.set_pattern("%v");
        made.flush_on(spdlog::level::trace);
        return made;
    }();
    return logger;
}

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
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":)", to_rfc3339(now.count()), to_string(level));
    append_json_string(line, event);
    if (!trace_id.empty()) fmt::format_to(std::back_inserter(line), R"(,"trace_id":"{}")", trace_id);
    if (fields_json.size() > 2) line += ',';
    line.append(fields_json, 1);
    sink().info(line);
    const std::scoped_lock lock(tap_mutex);
    if (current_tap != nullptr) current_tap->take({now.count(), level, event, trace_id, fields_json});
}

void set_tap(Tap* tap) {
    const std::scoped_lock lock(tap_mutex);
    current_tap = tap;
}

void set_level(Level lowest) { lowest_level = lowest; }

}  // namespace marketday::log
