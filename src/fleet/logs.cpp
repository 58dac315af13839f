#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

#include "fleet/fleet.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;

struct Line {
    std::string time;
    std::string part;
    std::string text;
};

/// The first "2026-11-21T19:40:00.123" or "2026-11-21 19:40:00.123" near a line's beginning, made alike; empty if none.
std::string time_of(std::string_view line) {
    constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
    constexpr std::size_t kLookAt = 60;
    for (std::size_t at = 0; at + kForm.size() <= line.size() && at < kLookAt; ++at) {
        const auto fits = [&] {
            for (std::size_t i = 0; i < kForm.size(); ++i) {
                const char c = line[at + i];
                const bool right = kForm[i] == 'd'   ? c >= '0' && c <= '9'
                                   : kForm[i] == ' ' ? c == ' ' || c == 'T'
                                                     : c == kForm[i];
                if (!right) return false;
            }
            return true;
        };
        if (!fits()) continue;
        std::string time{line.substr(at, kForm.size())};
        time[10] = 'T';
        std::size_t rest = at + kForm.size();
        if (rest < line.size() && line[rest] == '.') {
            do time += line[rest++];
            while (rest < line.size() && line[rest] >= '0' && line[rest] <= '9');
        }
        return time;
    }
    return {};
}

std::map<std::string, fs::path> files_of(const fs::path& directory, const std::string& part) {
    std::map<std::string, fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator entry{directory / "logs", failed}, end; !failed && entry != end;
         entry.increment(failed)) {
        const fs::path& file = entry->path();
        if (file.extension() == ".log" && (part.empty() || file.stem() == part)) files[file.stem().string()] = file;
    }
    if (files.empty() && !part.empty())
        throw std::runtime_error(fmt::format("there is no log of \"{}\" in {}", part, (directory / "logs").string()));
    return files;
}

void read_tail(const std::string& part, const fs::path& file, std::size_t lines, std::vector<Line>& into) {
    std::ifstream stream{file};
    std::deque<Line> tail;
    std::string time;
    for (std::string text; std::getline(stream, text);) {
        if (std::string own = time_of(text); !own.empty()) time = std::move(own);
        tail.push_back({time, part, std::move(text)});
        if (tail.size() > lines) tail.pop_front();
    }
    into.insert(into.end(), tail.begin(), tail.end());
}

}  // namespace

void show_logs(const fs::path& directory, const LogView& view, const Fleet::Say& line,
               const std::function<bool()>& stop) {
    const auto count = static_cast<std::size_t>(std::max(view.lines, 0));
    std::vector<Line> lines;
    std::map<std::string, std::uintmax_t> read;
    std::size_t width = 0;
    for (const auto& [part, file] : files_of(directory, view.part)) {
        std::error_code gone;
        read[part] = fs::file_size(file, gone);
        read_tail(part, file, count, lines);
        width = std::max(width, part.size());
    }
    std::ranges::stable_sort(lines, {}, &Line::time);
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    for (const Line& one : lines) line(fmt::format("{:<{}} | {}", one.part, width, one.text));
    while (view.follow && !stop()) {
        for (const auto& [part, file] : files_of(directory, view.part)) {
            std::uintmax_t& at = read[part];
            std::error_code gone;
            const auto size = fs::file_size(file, gone);
            if (gone || size == at) continue;
            if (size < at) at = 0;  // it was shortened
            std::ifstream stream{file};
            stream.seekg(static_cast<std::streamoff>(at));
            for (std::string text; std::getline(stream, text) && !stream.eof();) {
                at += text.size() + 1;
                line(fmt::format("{:<{}} | {}", part, width, text));
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
}

}  // namespace marketday::fleet
