#include "http/watch/process_figures.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace marketday::http {
namespace {

void read_stat(ProcessFigures& figures) {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    // The name in parentheses may hold spaces: the fields are counted from behind it.
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
    std::string skipped;
    double user = 0, system = 0, resident_pages = 0;
    for (int field = 3; field <= 24 && fields; ++field) {
        if (field == 14) {
            fields >> user;
        } else if (field == 15) {
            fields >> system;
        } else if (field == 24) {
            fields >> resident_pages;
        } else {
            fields >> skipped;
        }
    }
    figures.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    figures.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void read_io(ProcessFigures& figures) {
    std::ifstream io("/proc/self/io");
    std::string name;
    double bytes = 0;
    while (io >> name >> bytes) {
        if (name == "read_bytes:") figures.disk_read_bytes = bytes;
        if (name == "write_bytes:") figures.disk_written_bytes = bytes;
    }
}

}  // namespace

ProcessFigures read_process_figures() {
    ProcessFigures figures;
    read_stat(figures);
    read_io(figures);
    return figures;
}

std::vector<NetworkDevice> read_network_devices() {
    std::vector<NetworkDevice> devices;
    std::ifstream table("/proc/net/dev");
    std::string line;
    while (std::getline(table, line)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto begin = line.find_first_not_of(' ');
        std::istringstream fields(line.substr(colon + 1));
        std::array<double, 9> values{};
        for (auto& value : values) fields >> value;
        devices.push_back({line.substr(begin, colon - begin), values[0], values[8]});
    }
    return devices;
}

double count_descriptors() {
    std::error_code error;
    double descriptors = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        static_cast<void>(entry);
        ++descriptors;
    }
    return descriptors;
}

}  // namespace marketday::http
