#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace marketday::adapters {

/// The events of one batch, which the outbox keeps as one message. An event's id is "<batch>-<n>": made once, stored,
/// and so the same at every retry.
class EventMessage {
public:
    /// `batch`: a fresh UUIDv7.
    EventMessage(std::string_view topic, const Uuid& batch) : topic_(topic), batch_(batch.to_string()) {}

    /// `fields_json`: the event's members without braces, e.g. `"order":"…"`.
    void add(std::string_view type, WallTime at, std::string_view fields_json);
    const std::string& topic() const { return topic_; }
    /// A JSON array; empty when no event was added.
    std::string text() const { return events_.empty() ? std::string{} : events_ + ']'; }

private:
    std::string topic_;
    std::string batch_;
    std::string events_;
    int count_ = 0;
};

}  // namespace marketday::adapters
