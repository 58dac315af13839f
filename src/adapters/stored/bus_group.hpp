#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::adapters {

/// A group of consumers as its row keeps it.
struct BusGroup {
    std::string topics;  // between commas: ",orders,sales,"
    std::int64_t ack_within_ms = 0;
    std::int64_t deliveries_max = 0;
    std::int64_t pause_first_ms = 0;
    std::int64_t pause_max_ms = 0;
    std::int64_t cursor = 0;  // positions up to here were given out

    static std::string topics_of(const std::vector<std::string>& wanted) {
        std::string topics = ",";
        for (const auto& topic : wanted) topics += topic + ",";
        return topics;
    }
    bool wants(std::string_view topic) const {
        return topics.find("," + std::string{topic} + ",") != std::string::npos;
    }
    std::int64_t pause_ms(std::int64_t deliveries) const {
        const auto doublings = std::clamp<std::int64_t>(deliveries - 1, 0, 30);
        return std::min(pause_first_ms << doublings, pause_max_ms);
    }
    /// How long a delivery that was just given out is hidden.
    std::int64_t hidden_ms(std::int64_t deliveries) const {
        return deliveries <= 1 ? ack_within_ms : std::max(ack_within_ms, pause_ms(deliveries));
    }
};

}  // namespace marketday::adapters
