#include <fmt/format.h>
#include <sqlite3.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include "audit/audit.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/admin_client.hpp"
#include "cli/archive.hpp"
#include "cli/commands.hpp"
#include "cli/local_deed.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDatabase = "marketday.db";
constexpr std::string_view kManifest = "MANIFEST.json";
constexpr std::int64_t kFormat = 1;
constexpr int kPagesAStep = 2048;

/// A directory that is gone with its owner.
class ScratchDirectory {
public:
    explicit ScratchDirectory(const fs::path& beside) {
        std::string pattern = (beside / ".marketday-backup-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw CommandError{fmt::format("cannot write into {}: {}", beside.string(), std::strerror(errno))};
        path_ = pattern;
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

struct CloseSqlite {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using Sqlite = std::unique_ptr<sqlite3, CloseSqlite>;

Sqlite open_sqlite(const fs::path& file, int flags) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
    Sqlite owned{handle};
    if (code != SQLITE_OK) throw CommandError{fmt::format("cannot open {}: {}", file.string(), sqlite3_errstr(code))};
    sqlite3_busy_timeout(handle, 5000);
    return owned;
}

void run_sql(const Sqlite& database, const char* sql, const fs::path& file) {
    if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw CommandError{fmt::format("cannot read {}: {}", file.string(), sqlite3_errmsg(database.get()))};
}

/// Copies one moment of `source` while its server goes on writing. The read transaction keeps that moment for as long
/// as the copy takes; without it every write by the server would start the copy again.
void copy_sqlite(const fs::path& source, const fs::path& target) {
    const Sqlite from = open_sqlite(source, SQLITE_OPEN_READONLY);
    const Sqlite to = open_sqlite(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    run_sql(from, "BEGIN; SELECT count(*) FROM sqlite_schema", source);
    run_sql(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", target);
    sqlite3_backup* copy = sqlite3_backup_init(to.get(), "main", from.get(), "main");
    if (copy == nullptr)
        throw CommandError{fmt::format("cannot copy {}: {}", source.string(), sqlite3_errmsg(to.get()))};
    int code = SQLITE_OK;
    while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        code = sqlite3_backup_step(copy, kPagesAStep);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) sqlite3_sleep(20);
    }
    sqlite3_backup_finish(copy);
    if (code != SQLITE_DONE)
        throw CommandError{fmt::format("cannot copy {}: {}", source.string(), sqlite3_errstr(code))};
}

bool is_sqlite(const fs::path& file) {
    std::array<char, 16> head{};
    std::ifstream stream{file, std::ios::binary};
    return stream.read(head.data(), head.size()) && std::string_view{head.data(), 15} == "SQLite format 3";
}

/// Files that only a running process needs, and the search index, which is made again from the catalogue.
bool is_passing(const fs::path& relative) {
    static const std::set<std::string> kNames{"admin.json", "shop.json"};
    const std::string name = relative.filename().string();
    if (kNames.contains(name) || name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal") ||
        name.ends_with(".lock") || name.ends_with(".partial") || name.ends_with(".new") ||
        name.starts_with(".marketday-backup-"))
        return true;
    return *relative.begin() == "search";
}

/// Relative paths of what a shop cannot do without, its database first.
std::vector<std::string> durable_files(const fs::path& data) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator{data, fs::directory_options::skip_permission_denied}) {
        const auto relative = entry.path().lexically_relative(data);
        if (entry.is_regular_file() && !is_passing(relative)) files.push_back(relative.generic_string());
    }
    std::ranges::sort(files);
    std::ranges::stable_partition(files, [](const std::string& name) { return name == kDatabase; });
    return files;
}

/// `way_out`: what somebody does whose ledger does not hold; the database itself may be a copy that is gone by then.
audit::Report check_ledger(const fs::path& database, const std::string& way_out) {
    auto report = audit::run_ledger_only(database);
    if (!report) throw CommandError{fmt::format("the database cannot be read; {}", way_out)};
    if (!report->holds()) {
        const auto broken = std::ranges::find_if_not(report->checks, &audit::Check::holds);
        throw CommandError{
            fmt::format("{} is violated ({}); {}", broken->id(), broken->violations().front().subject, way_out), 1};
    }
    return std::move(*report);
}

std::string manifest(const std::vector<ArchivedFile>& files, const audit::Report& report) {
    boost::json::array list;
    for (const auto& file : files)
        list.push_back(boost::json::object{{"path", file.name}, {"bytes", file.bytes}, {"blake2b", to_hex(file.hash)}});
    return boost::json::serialize(boost::json::object{{"format", kFormat},
                                                      {"created", to_rfc3339(to_unix_ms(SystemClock{}.wall_now()))},
                                                      {"orders", report.orders},
                                                      {"ledger_entries", report.ledger_entries},
                                                      {"ledger_head", report.ledger_head},
                                                      {"files", std::move(list)}}) +
           "\n";
}

void remove_sqlite_side_files(const fs::path& database) {
    std::error_code ignored;
    fs::remove(database.string() + "-wal", ignored);
    fs::remove(database.string() + "-shm", ignored);
}

struct BackupFlags {
    std::string file;
    std::string data_dir;
    bool replace = false;
};

int back_up(const BackupFlags& flags) {
    const auto begun = std::chrono::steady_clock::now();
    const fs::path data{flags.data_dir};
    const fs::path target = fs::absolute(flags.file);
    if (!fs::exists(data / kDatabase))
        throw CommandError{
            fmt::format("{} holds no shop (no {}); give its --data directory", data.string(), kDatabase)};
    if (fs::exists(target) && !flags.replace)
        throw CommandError{fmt::format("{} is there already; choose another name, or --replace it", target.string())};
    const ScratchDirectory scratch{target.parent_path()};
    ArchiveWriter archive{target};
    audit::Report report;
    for (const std::string& name : durable_files(data)) {
        const fs::path source = data / name;
        if (!is_sqlite(source)) {
            archive.add_file(name, source);
            continue;
        }
        const fs::path copy = scratch.path() / "copy.db";
        copy_sqlite(source, copy);
        if (name == kDatabase)
            report = check_ledger(
                copy, fmt::format("see `marketday audit --data {}`, and bring an earlier backup back with `marketday "
                                  "restore`",
                                  data.string()));
        remove_sqlite_side_files(copy);
        archive.add_file(name, copy);
        fs::remove(copy);
    }
    archive.add_text(std::string{kManifest}, manifest(archive.files(), report));
    const std::int64_t bytes = archive.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{}: {} files, {:.1f} MB, {} ledger entries up to {}, verified, in {:.1f} s\n", target.string(),
               archive.files().size(), static_cast<double>(bytes) / 1e6, audit::grouped(report.ledger_entries),
               report.ledger_head.substr(0, 16), took.count());
    return 0;
}

/// The manifest is the archive's last file: an archive that was cut has none.
boost::json::object read_manifest(const fs::path& staged, const std::string& archive) {
    std::ifstream stream{staged / kManifest, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error || !value.is_object() || !value.as_object().contains("files") ||
        value.as_object().at("format") != kFormat)
        throw CommandError{fmt::format("{} is not a backup of this program", archive)};
    return std::move(value.as_object());
}

void compare_with_manifest(const boost::json::object& manifest, const std::vector<ArchivedFile>& files,
                           const std::string& archive) {
    std::size_t matching = 0;
    for (const auto& value : manifest.at("files").as_array()) {
        const auto& promised = value.as_object();
        const auto name = boost::json::value_to<std::string>(promised.at("path"));
        const auto found = std::ranges::find(files, name, &ArchivedFile::name);
        if (found == files.end() || to_hex(found->hash) != promised.at("blake2b").as_string())
            throw CommandError{fmt::format("{}: {} is not what was backed up; use another backup", archive, name)};
        ++matching;
    }
    if (matching + 1 != files.size())
        throw CommandError{fmt::format("{} holds files that were not backed up; use another backup", archive)};
}

/// Who brought the shop back, when and from what, for its operators' log. A backup from before there was one has no
/// table for it, and goes without.
void note_restore(const fs::path& database, const std::string& archive, const boost::json::object& manifest) {
    const Sqlite shop = open_sqlite(database, SQLITE_OPEN_READWRITE);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(shop.get(),
                       "INSERT INTO operators_log"
                       " (at_ms, operator, operation, target, details, trace_id, dry_run, status)"
                       " VALUES (?1, ?2, ?3, '', ?4, '', 0, 200)",
                       -1, &insert, nullptr);
    if (insert == nullptr) return;
    const auto deed =
        local_deed("restoreBackup",
                   boost::json::serialize(boost::json::object{{"file", fs::path{archive}.filename().string()},
                                                              {"as_of", manifest.at("created")},
                                                              {"ledger_entries", manifest.at("ledger_entries")}}));
    sqlite3_bind_int64(insert, 1, to_unix_ms(deed.at));
    sqlite3_bind_text(insert, 2, deed.who.c_str(), -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, deed.operation.c_str(), -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, deed.details.c_str(), -1, SQLITE_STATIC);
    const int code = sqlite3_step(insert);
    sqlite3_finalize(insert);
    if (code != SQLITE_DONE)
        throw CommandError{fmt::format("cannot write {}: {}", database.string(), sqlite3_errmsg(shop.get()))};
}

void restore_into(const std::string& archive, const fs::path& data, const fs::path& staged) {
    const auto files = extract_archive(archive, staged);
    const auto promised = read_manifest(staged, archive);
    compare_with_manifest(promised, files, archive);
    const audit::Report report = check_ledger(staged / kDatabase, "use another backup");
    if (report.ledger_head != promised.at("ledger_head").as_string() ||
        report.ledger_entries != promised.at("ledger_entries").as_int64())
        throw CommandError{fmt::format("{}: the ledger is not the one backed up; use another backup", archive)};
    note_restore(staged / kDatabase, archive, promised);
    remove_sqlite_side_files(staged / kDatabase);
    fs::remove(staged / kManifest);
    // The database last: a directory without it is no shop, so a restore that was cut off is never served.
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator{staged}) entries.push_back(entry.path());
    std::ranges::stable_partition(entries, [](const fs::path& path) { return path.filename() != kDatabase; });
    for (const auto& entry : entries) fs::rename(entry, data / entry.filename());
    fs::remove_all(staged);
    sync_directory(data);
    fmt::print("{}: {} files restored as of {}, {} ledger entries up to {}, verified\n", data.string(),
               files.size() - 1, boost::json::value_to<std::string>(promised.at("created")),
               audit::grouped(report.ledger_entries), report.ledger_head.substr(0, 16));
}

int restore(const BackupFlags& flags) {
    const fs::path data{flags.data_dir};
    if (!fs::exists(flags.file)) throw CommandError{fmt::format("there is no {}", flags.file)};
    if (fs::exists(data) && (!fs::is_directory(data) || !fs::is_empty(data)))
        throw CommandError{
            fmt::format("{} is not empty; move it away, or restore into another --data directory", data.string())};
    const bool made = fs::create_directories(data);
    const fs::path staged = data / ".restore.partial";
    fs::create_directory(staged);
    fs::permissions(data, fs::perms::owner_all);
    try {
        restore_into(flags.file, data, staged);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(staged, ignored);
        if (made) fs::remove(data, ignored);
        throw;
    }
    return 0;
}

}  // namespace

void add_backup(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<BackupFlags>();
    auto* backup = app.add_subcommand("backup", "Copy a shop into one file, while it sells");
    backup->add_option("file", flags->file, "The file to write (a tar; gzipped when it ends in .gz or .tgz)")
        ->required();
    backup->add_option("--data", flags->data_dir, "The shop's data directory")->required();
    backup->add_flag("--replace", flags->replace, "Write over a file of that name");
    backup->callback([flags, &exit_code] { exit_code = run_command([&flags] { return back_up(*flags); }); });

    auto* restored = app.add_subcommand("restore", "Bring a shop back from a backup");
    restored->add_option("file", flags->file, "A file that `backup` wrote")->required();
    restored->add_option("--data", flags->data_dir, "The directory to fill; empty or not there yet")->required();
    restored->callback([flags, &exit_code] { exit_code = run_command([&flags] { return restore(*flags); }); });
}

}  // namespace marketday::cli
