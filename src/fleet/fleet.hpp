#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fleet/layout.hpp"
#include "fleet/plan.hpp"
#include "fleet/state.hpp"

namespace marketday::fleet {

/// A topology that is started, watched, changed and ended on this machine. Everything that goes wrong is a
/// std::runtime_error with one line that says what to do. `up`, `scale`, `restart` and `down` need root.
class Fleet {
public:
    using Say = std::function<void(const std::string&)>;

    /// `directory` holds all that the fleet keeps: data, logs, configuration, state.
    explicit Fleet(std::filesystem::path directory);
    /// Where a topology's fleet is unless somebody says otherwise.
    static std::filesystem::path usual_directory(const std::string& name);

    /// What `up` would do; empty when nothing. Needs no privileges.
    std::vector<std::string> plan(const Wanted& wanted) const;
    /// Makes it so, and returns when it is: every part ready. What runs already and does not differ is left alone.
    void up(Wanted wanted, const Say& say) const;
    /// Another number of processes of one kind, of what is up.
    void scale(const std::map<std::string, int>& counts, const Say& say) const;
    /// All processes of one kind, one after another; or one engine, by its name or its kind.
    void restart(const std::string& group, const Say& say) const;
    /// Ends all of it, whatever is left of it and whoever made it; again and without a fleet too. `remove` takes the
    /// data, the logs and the directory as well.
    void down(bool remove, const Say& say) const;

    State state() const { return read_state(directory_); }
    Wanted wanted() const { return read_wanted(directory_); }
    /// Of what is wanted now.
    Layout layout() const;
    const std::filesystem::path& directory() const { return directory_; }
    /// Where its shop's database is, for audits: a postgres:// URL with its password, or a file.
    std::string database() const;
    /// The table that operators read, and the same as one JSON object.
    std::string status_text() const;
    std::string status_json() const;

private:
    void ask(Wanted wanted, const Say& say) const;
    void need_root(std::string_view command) const;
    void start_keeper() const;
    void follow(std::int64_t serial, std::uintmax_t told_bytes, const Say& say) const;

    std::filesystem::path directory_;
};

/// What tells this build of the program from another one.
std::string program_mark();

/// Logs of a fleet as one, in order of time, each line with the part that it is of. `part` empty: of all.
/// With `follow` new lines come as they are written, until `stop` says so.
struct LogView {
    std::string part;
    int lines = 50;
    bool follow = false;
};
void show_logs(const std::filesystem::path& directory, const LogView& view, const Fleet::Say& line,
               const std::function<bool()>& stop);

}  // namespace marketday::fleet
