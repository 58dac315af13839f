#include "adapters/stored/event_message.hpp"

#include <fmt/format.h>

#include <iterator>

namespace marketday::adapters {

void EventMessage::add(std::string_view type, WallTime at, std::string_view fields_json) {
    fmt::format_to(std::back_inserter(events_), R"({}{{"id":"{}-{}","type":"{}","at_ms":{},{}}})",
                   events_.empty() ? '[' : ',', batch_, count_++, type, to_unix_ms(at), fields_json);
}

}  // namespace marketday::adapters
