#include "fleet/postgres_setup.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "fleet/machine.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string program_of(const Part& postgres, std::string_view name) {
    return fmt::format("/usr/lib/postgresql/{}/bin/{}", postgres.version, name);
}

}  // namespace

Launch sql_of(const Layout& layout, const Part& postgres, const std::string& database) {
    return {.command = {program_of(postgres, "psql"), "-h", (layout.directory / postgres.data()).string(), "-X", "-A",
                        "-t", "-v", "ON_ERROR_STOP=1", "-d", database},
            .user = postgres.user};
}

void make_cluster(const Layout& layout, const Part& postgres) {
    const fs::path data = layout.directory / postgres.data();
    if (fs::exists(data / "PG_VERSION")) return;
    // Aside first: an interrupted one must not look like a cluster.
    const fs::path aside = data / "new";
    fs::remove_all(aside);
    constexpr milliseconds kWithin{60'000};
    must_run({.command = {program_of(postgres, "initdb"), "-D", aside.string(), "-U", "postgres", "-A", "peer", "-E",
                          "UTF8", "--locale=C.UTF-8", "--data-checksums"},
              .user = postgres.user},
             "", kWithin);
    // What says that there is a cluster comes last.
    for (const auto& entry : fs::directory_iterator{aside}) {
        if (entry.path().filename() != "PG_VERSION") fs::rename(entry.path(), data / entry.path().filename());
    }
    fs::rename(aside / "PG_VERSION", data / "PG_VERSION");
    fs::remove(aside);
}

void make_database(const Layout& layout, const Part& postgres, const std::string& password) {
    constexpr milliseconds kWithin{20'000};
    must_run(
        sql_of(layout, postgres, "postgres"),
        fmt::format("SELECT 'CREATE ROLE marketday LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = "
                    "'marketday') \\gexec\n"
                    "ALTER ROLE marketday PASSWORD '{}';\n"
                    "SELECT 'CREATE DATABASE marketday OWNER marketday' WHERE NOT EXISTS (SELECT 1 FROM pg_database "
                    "WHERE datname = 'marketday') \\gexec\n",
                    password),
        kWithin);
}

void write_down(const Layout& layout, const Part& postgres) {
    constexpr milliseconds kWithin{10'000};
    run(sql_of(layout, postgres, "postgres"), "CHECKPOINT;\n", kWithin);
}

}  // namespace marketday::fleet
