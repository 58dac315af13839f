#include "drills/disk/faults.hpp"

#include <fmt/format.h>

#include <filesystem>

#include <sstream>

namespace marketday::drills {

int Faults::Failing::next(int descriptor) {
    if (times <= 0) return 0;
    if (!ending.empty()) {
        std::error_code ignored;
        const auto file = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), ignored);
        if (!file.string().ends_with(ending)) return 0;
    }
    if (after > 0) return --after, 0;
    return --times, error;
}

std::string Faults::obey(const std::string& command) {
    std::istringstream words{command};
    std::string verb;
    words >> verb;
    const std::scoped_lock lock{mutex};
    if (verb == "full" || verb == "lie") {
        int on = 0;
        words >> on;
        (verb == "full" ? full : lying) = on != 0;
        return "ok";
    }
    if (verb == "slow") {
        words >> slow_us;
        return "ok";
    }
    if (verb == "fail") {
        std::string what;
        Failing failing;
        words >> what >> failing.after >> failing.times >> failing.error >> failing.ending;
        (what == "sync" ? syncs : writes) = failing;
        return "ok";
    }
    if (verb == "counts") return fmt::format("{} {} {}", write_count, sync_count, failed_count);
    if (verb == "cut") {
        std::string how;
        std::uint64_t seed = 0;
        words >> how >> seed;
        SeededRandom random{seed};
        const auto dropped =
            model.cut(how == "everything" ? DiskModel::Cut::everything : DiskModel::Cut::random, random);
        return fmt::format("{} {} {} {}", dropped.sectors_unsynced, dropped.sectors_dropped, dropped.sectors_torn,
                           dropped.names_undone);
    }
    return "there is no such command";
}

}  // namespace marketday::drills
