#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace marketday::fleet {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// One GET on a connection of its own; nothing when there was no answer within `time`.
std::optional<HttpAnswer> http_get(const std::string& address, int port, const std::string& path,
                                   std::chrono::milliseconds time);
/// Silence: nobody answers. `refuses`: it says that it takes nobody now: it starts, recovers, stops or is full.
enum class PostgresAnswer : std::uint8_t { silence, refuses, takes_work };
/// Asks a PostgreSQL server for a connection, up to where it would want the password.
PostgresAnswer ask_postgres(const std::string& address, int port, std::chrono::milliseconds time);
/// Whether a NATS server greets whoever connects.
bool nats_answers(const std::string& address, int port, std::chrono::milliseconds time);
/// Whether a Redis server answers whoever connects, if only that it wants a password.
bool redis_answers(const std::string& address, int port, std::chrono::milliseconds time);
/// One command to a socket of the local machine, and all it answers; nothing when it does not.
std::optional<std::string> ask_socket(const std::string& path, const std::string& command,
                                      std::chrono::milliseconds time);

}  // namespace marketday::fleet
