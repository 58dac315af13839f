#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace marketday::fleet {

/// One server of one backend, as HAProxy sees it.
struct ServerView {
    std::string status;  // "UP", "DOWN", "DRAIN", "MAINT", "UP 1/2", …
    int requests = 0;    // under way
    int queued = 0;
    long long answered = 0;
};
/// By backend, then by server.
using ServerViews = std::map<std::string, std::map<std::string, ServerView>>;

/// `show stat` of its runtime API, read. Lines that are no servers are left out.
ServerViews read_server_views(const std::string& csv);

/// HAProxy's runtime API (its management guide, 9.3) over the stats socket. Nothing that it does outlives HAProxy
/// itself: the file it starts from must say the same.
class HaproxyRuntime {
public:
    explicit HaproxyRuntime(std::filesystem::path socket) : socket_(std::move(socket)) {}

    /// Nothing while it does not answer.
    std::optional<ServerViews> servers() const;
    /// Adds a server that is checked and then gets shoppers. Throws std::runtime_error with what HAProxy said.
    void add(const std::string& backend, const std::string& server, const std::string& words) const;
    /// Gives it no new requests; what is under way goes on.
    void drain(const std::string& backend, const std::string& server) const;
    void ready(const std::string& backend, const std::string& server) const;
    /// Takes it out at once, and forgets it.
    void remove(const std::string& backend, const std::string& server) const;

private:
    std::string ask(const std::string& command) const;
    void must(const std::string& command, std::string_view expected) const;

    std::filesystem::path socket_;
};

}  // namespace marketday::fleet
