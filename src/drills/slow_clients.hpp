#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "drills/child.hpp"

namespace marketday::drills {

/// Clients that hold as many connections as they can by being slow, from a process of their own: a third sends the head
/// of a request byte by byte, a third the body of an order, a third asks for large answers and hardly reads. Whoever is
/// thrown out comes again at once.
class SlowClients {
public:
    struct Figures {
        std::int64_t connected = 0;   // now
        std::int64_t thrown_out = 0;  // times the shop ended a connection
        std::int64_t refused = 0;     // times none could be made
    };
    /// `file` is where they tell how they fare.
    SlowClients(const std::string& shop_url, std::size_t connections, std::filesystem::path file);
    /// They hang up.
    ~SlowClients() = default;

    Figures figures() const;

private:
    std::filesystem::path file_;
    Child child_;
};

}  // namespace marketday::drills
