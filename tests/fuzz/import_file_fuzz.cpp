// An import's file as the command reads it: its kind is found out, gzip is unpacked in bounded memory.

#include <sys/mman.h>
#include <unistd.h>

#include "cli/admin_client.hpp"
#include "cli/import_source.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

constexpr std::size_t kRecordsMax = 5000;  // of a bomb, the rest would say no more

FUZZ_TARGET(import_file) {
    const int file = ::memfd_create("import", 0);
    FUZZ_REQUIRE(file >= 0);
    FUZZ_REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    try {
        cli::ImportSource source("/proc/self/fd/" + std::to_string(file), "auto");
        std::size_t records = 0;
        for (;;) {
            const auto batch = source.next({.records_max = 100, .bytes_max = 64 * 1024});
            if (batch.empty() || (records += batch.size()) > kRecordsMax) break;
            FUZZ_REQUIRE(batch.size() <= 100);
            for (const auto& record : batch) FUZZ_REQUIRE(record.line > 0);
        }
        FUZZ_REQUIRE(source.bytes_read() <= bytes.size());
    } catch (const cli::CommandError& refused) {
        FUZZ_REQUIRE(!refused.message.empty());
        FUZZ_REQUIRE_SAYING(refused.message.find('\n') == std::string::npos, refused.message);
    }
    ::close(file);
}

}  // namespace
}  // namespace marketday::fuzz
