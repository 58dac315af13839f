#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace marketday {

/// A port of 127.0.0.1 that nobody listens on, for a server that is started there next.
int free_port();

/// A port of 127.0.0.1 that nobody listens on, and nobody can while this lives: connections are refused.
class DeafPort {
public:
    DeafPort();
    ~DeafPort();
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;
    int port() const { return port_; }

private:
    int socket_ = -1;
    int port_ = 0;
};

/// Runs a server in the background; it ends when the thread that started it does, even by a crash. When this process is
/// root's, the server is `user`'s. What it says goes to `log`. Its pid.
int launch(std::vector<std::string> command, const std::string& user, const std::filesystem::path& log);

/// Sends a signal to a server and waits for its end.
void end_process(int pid, int signal);

}  // namespace marketday
