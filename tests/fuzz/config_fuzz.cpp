// A configuration file: taken, or refused in one line.

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include "cli/config.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

void check(const cli::Config& config) {
    for (const cli::ConfigKey& key : cli::config_keys()) {
        switch (key.kind) {
            case cli::ConfigKey::Kind::integer: {
                const std::int64_t value = config.integer(key.name);
                FUZZ_REQUIRE_SAYING(value >= key.min && value <= key.max, key.name);
                break;
            }
            case cli::ConfigKey::Kind::boolean: config.boolean(key.name); break;
            case cli::ConfigKey::Kind::list: config.list(key.name); break;
            case cli::ConfigKey::Kind::text: config.text(key.name); break;
        }
    }
    FUZZ_REQUIRE(!config.print().empty());
}

FUZZ_TARGET(config) {
    const int file = ::memfd_create("config", 0);
    FUZZ_REQUIRE(file >= 0);
    FUZZ_REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    try {
        cli::Config config;
        config.read_file("/proc/self/fd/" + std::to_string(file));
        check(config);
    } catch (const std::runtime_error& refused) {
        const std::string_view why = refused.what();
        FUZZ_REQUIRE(!why.empty());
        FUZZ_REQUIRE_SAYING(why.find('\n') == std::string_view::npos, why);
    }
    ::close(file);
}

}  // namespace
}  // namespace marketday::fuzz
