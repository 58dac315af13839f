#include "fleet/replica_setup.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "fleet/machine.hpp"
#include "fleet/postgres_config.hpp"
#include "fleet/postgres_setup.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kWithin{5'000};
// A large database takes its time; the fleet's other parts are not looked after meanwhile.
constexpr milliseconds kCopyWithin{600'000};

std::string ask(const Layout& layout, const Part& server, const std::string& statement) {
    return must_run(sql_of(layout, server, "postgres"), statement + ";\n", kWithin);
}

void make_replication_role(const Layout& layout, const Part& postgres, const std::string& password) {
    ask(layout, postgres,
        fmt::format("SELECT 'CREATE ROLE {0} LOGIN REPLICATION' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname "
                    "= '{0}') \\gexec\nALTER ROLE {0} PASSWORD '{1}'",
                    kReplicationRole, password));
}

}  // namespace

void make_replica(const Layout& layout, const Part& replica, const std::string& password) {
    const Part& primary = *layout.first_of(Part::Kind::postgres);
    const std::string slot = replication_slot(replica.name);
    const fs::path data = layout.directory / replica.data();
    make_replication_role(layout, primary, password);
    // Without its slot, or with one that is lost, a copy does not find what it needs at the primary any more.
    const std::string kept =
        ask(layout, primary,
            fmt::format("SELECT slot_name FROM pg_replication_slots WHERE slot_name = '{}' AND wal_status <> 'lost'",
                        slot));
    if (fs::exists(data / "PG_VERSION") && !kept.empty()) return;
    for (const auto& entry : fs::directory_iterator{data}) fs::remove_all(entry.path());
    forget_replica(layout, replica.name);
    ask(layout, primary,
        fmt::format("SELECT pg_create_physical_replication_slot('{0}', true) WHERE NOT EXISTS (SELECT 1 FROM "
                    "pg_replication_slots WHERE slot_name = '{0}')",
                    slot));
    // Aside first: an interrupted one must not look like a copy.
    const fs::path aside = data / "new";
    must_run({.command = {fmt::format("/usr/lib/postgresql/{}/bin/pg_basebackup", replica.version), "-D",
                          aside.string(), "-d", primary_connection(primary.address, replica.name, layout.directory),
                          "-X", "stream", "-S", slot, "-c", "fast", "-w"},
              .user = replica.user,
              .network_namespace = layout.find_host(replica.host)->network_namespace},
             "", kCopyWithin);
    // The primary's socket is in its data directory, and so the lock beside it was copied.
    fs::remove(aside / ".s.PGSQL.5432.lock");
    std::ofstream{aside / "standby.signal"}.close();
    give_to(aside / "standby.signal", replica.user);
    for (const auto& entry : fs::directory_iterator{aside}) {
        if (entry.path().filename() != "PG_VERSION") fs::rename(entry.path(), data / entry.path().filename());
    }
    fs::rename(aside / "PG_VERSION", data / "PG_VERSION");
    fs::remove(aside);
}

bool follows(const Layout& layout, const Part& replica) {
    return run(sql_of(layout, replica, "postgres"), "SELECT status FROM pg_stat_wal_receiver;\n", kWithin)
               .output.find("streaming") != std::string::npos;
}

std::optional<double> lag_seconds(const Layout& layout, const Part& replica) {
    const Outcome said =
        run(sql_of(layout, replica, "postgres"),
            "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT 1 FROM "
            "pg_stat_wal_receiver WHERE status = 'streaming') THEN 0 ELSE extract(epoch FROM now() - "
            "pg_last_xact_replay_timestamp()) END;\n",
            kWithin);
    double seconds = 0;
    if (said.exit_code != 0 ||
        std::from_chars(said.output.data(), said.output.data() + said.output.size(), seconds).ec != std::errc{})
        return std::nullopt;
    return seconds;
}

void forget_replica(const Layout& layout, const std::string& replica) {
    const Part* primary = layout.first_of(Part::Kind::postgres);
    if (primary == nullptr) return;
    // Who sent to it may not have noticed yet that it is gone.
    const std::string slot = replication_slot(replica);
    ask(layout, *primary,
        fmt::format(
            "SELECT pg_terminate_backend(active_pid, 2000) FROM pg_replication_slots WHERE slot_name = '{0}' AND "
            "active_pid IS NOT NULL;\nSELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            "WHERE slot_name = '{0}'",
            slot));
}

}  // namespace marketday::fleet
