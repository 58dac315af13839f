#include "fleet/haproxy_runtime.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/one_line.hpp"
#include "fleet/probe.hpp"

namespace marketday::fleet {
namespace {

constexpr std::chrono::milliseconds kWithin{2'000};

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells;
    std::string cell;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.push_back(std::move(cell));
            cell.clear();
        } else {
            cell += c;
        }
    }
    cells.push_back(std::move(cell));
    return cells;
}

long long number_of(const std::string& cell) {
    long long number = 0;
    std::from_chars(cell.data(), cell.data() + cell.size(), number);
    return number;
}

}  // namespace

ServerViews read_server_views(const std::string& csv) {
    ServerViews views;
    std::istringstream lines{csv};
    std::map<std::string, std::size_t> columns;
    for (std::string line; std::getline(lines, line);) {
        const auto cells = split(line);
        if (line.starts_with("# ")) {
            for (std::size_t i = 0; i < cells.size(); ++i) columns[i == 0 ? cells[i].substr(2) : cells[i]] = i;
            continue;
        }
        const auto cell = [&](const char* column) {
            const auto found = columns.find(column);
            return found == columns.end() || found->second >= cells.size() ? std::string{} : cells[found->second];
        };
        const std::string server = cell("svname");
        if (server.empty() || server == "FRONTEND" || server == "BACKEND") continue;
        views[cell("pxname")][server] = {.status = cell("status"),
                                         .requests = static_cast<int>(number_of(cell("scur"))),
                                         .queued = static_cast<int>(number_of(cell("qcur"))),
                                         .answered = number_of(cell("stot"))};
    }
    return views;
}

std::string HaproxyRuntime::ask(const std::string& command) const {
    const auto answer = ask_socket(socket_.string(), command, kWithin);
    if (!answer) throw std::runtime_error(fmt::format("haproxy does not answer at {}", socket_.string()));
    return *answer;
}

void HaproxyRuntime::must(const std::string& command, std::string_view expected) const {
    const std::string answer = ask(command);
    const auto begin = answer.find_first_not_of(" \n");
    const std::string said = begin == std::string::npos ? "" : answer.substr(begin, answer.find('\n', begin) - begin);
    if (said.find(expected) == std::string::npos || (expected.empty() && !said.empty()))
        throw std::runtime_error(one_line(fmt::format("haproxy refused \"{}\": {}", command, said)));
}

std::optional<ServerViews> HaproxyRuntime::servers() const {
    const auto csv = ask_socket(socket_.string(), "show stat", kWithin);
    if (!csv || !csv->starts_with("# ")) return std::nullopt;
    return read_server_views(*csv);
}

void HaproxyRuntime::add(const std::string& backend, const std::string& server, const std::string& words) const {
    const std::string name = fmt::format("{}/{}", backend, server);
    must(fmt::format("add server {} {}", name, words), "New server registered");
    must("enable health " + name, "");
    must(fmt::format("set server {} state ready", name), "");
}

void HaproxyRuntime::drain(const std::string& backend, const std::string& server) const {
    must(fmt::format("set server {}/{} state drain", backend, server), "");
}

void HaproxyRuntime::ready(const std::string& backend, const std::string& server) const {
    must(fmt::format("set server {}/{} state ready", backend, server), "");
}

void HaproxyRuntime::remove(const std::string& backend, const std::string& server) const {
    const std::string name = fmt::format("{}/{}", backend, server);
    must(fmt::format("set server {} state maint", name), "");
    ask(fmt::format("shutdown sessions server {}", name));
    // It counts connections that are just being closed for a moment longer.
    for (int tries = 0;; ++tries) {
        try {
            must("del server " + name, "deleted");
            return;
        } catch (const std::runtime_error&) {
            if (tries == 50) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
    }
}

}  // namespace marketday::fleet
