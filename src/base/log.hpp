#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace marketday::log {

enum class Level { debug, info, warn, error, off };

/// One named value of an event. Never personal data: ids and counts, not names, addresses or e-mail.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view{v}) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view{v}) {}
    Field(std::string_view n, bool v) : name(n), value(v) {}
    template <class T>
        requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
    Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
    template <class T>
        requires std::is_floating_point_v<T>
    Field(std::string_view n, T v) : name(n), value(static_cast<double>(v)) {}
};

/// Writes one JSON object a line to standard error: time, level, event, trace_id (of the
/// request that is being handled, if any) and the fields.
/// Thread-safe; waits for nobody who reads it, see log_output.hpp. `error` means that a human must act.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

void set_level(Level lowest);
std::string_view to_string(Level level);

/// One event as it is written. Views hold within the call.
struct Record {
    std::int64_t unix_ms = 0;
    Level level{};
    std::string_view event;
    std::string_view trace_id;     // empty outside of a request
    std::string_view fields_json;  // "{…}"
};

/// Sees every event that is written, on the thread that writes it, one at a time. Must not log.
class Tap {
public:
    virtual ~Tap() = default;
    virtual void take(const Record& record) = 0;
};
/// Null: nobody. After the call the former one is not used any more.
void set_tap(Tap* tap);

/// Appends `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace marketday::log
