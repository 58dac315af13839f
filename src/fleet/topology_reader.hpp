#pragma once

#include <yaml-cpp/yaml.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::fleet {

/// Reads one map of a topology file: every key is asked for by name, and whatever was not asked for is refused. Errors
/// are std::runtime_error, "FILE:LINE: …". For .cpp files only, since it shows yaml-cpp.
class MapReader {
public:
    /// `what`: "postgres", as messages call it.
    MapReader(std::string file, std::string what, YAML::Node map);

    std::string text(std::string_view key, std::string_view initial);
    std::string required_text(std::string_view key);
    int integer(std::string_view key, int initial, int min, int max);
    std::vector<std::string> list(std::string_view key);
    /// `example` is what a message offers.
    std::vector<std::string> required_list(std::string_view key, std::string_view example);
    std::vector<int> integers(std::string_view key, int min, int max);
    YAML::Node node(std::string_view key);
    /// Where a key stands; the map itself when it has none.
    int line(std::string_view key = {}) const;
    /// After all keys have been asked for: refuses the others, and then that a required one is missing, since it may
    /// only be misspelt.
    void finish() const;
    [[noreturn]] void refuse(int line, const std::string& why) const;

private:
    YAML::Node find(std::string_view key);
    int whole_number(const YAML::Node& node, std::string_view key, int min, int max) const;

    std::string file_;
    std::string what_;
    YAML::Node map_;
    std::vector<std::string> known_;
    std::string missing_;
};

/// The line of a node, from 1.
int line_of(const YAML::Node& node);

}  // namespace marketday::fleet
