#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace marketday {

DeafPort::DeafPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port");
    port_ = ntohs(address.sin_port);
}

DeafPort::~DeafPort() { ::close(socket_); }

int free_port() { return DeafPort{}.port(); }

int launch(std::vector<std::string> command, const std::string& user, const std::filesystem::path& log) {
    std::vector<std::string> all{"setpriv", "--pdeathsig", "QUIT"};
    if (::geteuid() == 0) {
        const passwd* entry = ::getpwnam(user.c_str());
        if (entry == nullptr) throw std::runtime_error("there is no user " + user);
        for (const auto& word : {std::string{"--reuid"}, std::to_string(entry->pw_uid), std::string{"--regid"},
                                 std::to_string(entry->pw_gid), std::string{"--clear-groups"}})
            all.push_back(word);
    }
    for (auto& word : command) all.push_back(std::move(word));
    std::vector<char*> words;
    for (auto& word : all) words.push_back(word.data());
    words.push_back(nullptr);
    const int pid = ::fork();
    if (pid != 0) return pid;
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execvp(words[0], words.data());
    ::_exit(127);
}

void end_process(int pid, int signal) {
    ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
}

}  // namespace marketday
