#include "fleet/topology_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "base/one_line.hpp"
#include "base/text.hpp"

namespace marketday::fleet {

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

MapReader::MapReader(std::string file, std::string what, YAML::Node map)
    : file_(std::move(file)), what_(std::move(what)), map_(std::move(map)) {
    if (!map_.IsMap()) refuse(line_of(map_), fmt::format("{} must be a map of keys to values", what_));
    // The library keeps the first of two equal keys and says nothing.
    std::set<std::string> seen;
    for (const auto& entry : map_) {
        if (!entry.first.IsScalar()) refuse(line_of(entry.first), "a key must be a name");
        if (!seen.insert(entry.first.Scalar()).second)
            refuse(line_of(entry.first), fmt::format("{} has \"{}\" twice", what_, entry.first.Scalar()));
    }
}

void MapReader::refuse(int line, const std::string& why) const {
    throw std::runtime_error(one_line(fmt::format("{}:{}: {}", file_, line, why)));
}

YAML::Node MapReader::find(std::string_view key) {
    known_.emplace_back(key);
    return map_[std::string{key}];
}

YAML::Node MapReader::node(std::string_view key) { return find(key); }

int MapReader::line(std::string_view key) const {
    for (const auto& entry : map_) {
        if (entry.first.Scalar() == key) return line_of(entry.first);
    }
    return line_of(map_);
}

std::string MapReader::text(std::string_view key, std::string_view initial) {
    const YAML::Node found = find(key);
    if (!found.IsDefined() || found.IsNull()) return std::string{initial};
    if (!found.IsScalar()) refuse(line_of(found), fmt::format("{} of {} must be a single value", key, what_));
    return found.Scalar();
}

std::string MapReader::required_text(std::string_view key) {
    std::string value = text(key, "");
    if (value.empty() && missing_.empty()) missing_ = fmt::format("{} needs \"{}\"", what_, key);
    return value;
}

int MapReader::whole_number(const YAML::Node& node, std::string_view key, int min, int max) const {
    int number = 0;
    const std::string value = node.IsScalar() ? node.Scalar() : "";
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < min || number > max)
        refuse(line_of(node),
               fmt::format("{} of {} must be a whole number, {} to {}, not \"{}\"", key, what_, min, max, value));
    return number;
}

int MapReader::integer(std::string_view key, int initial, int min, int max) {
    const YAML::Node found = find(key);
    return found.IsDefined() && !found.IsNull() ? whole_number(found, key, min, max) : initial;
}

std::vector<std::string> MapReader::list(std::string_view key) {
    const YAML::Node found = find(key);
    std::vector<std::string> items;
    if (!found.IsDefined() || found.IsNull()) return items;
    if (found.IsScalar()) return {found.Scalar()};
    if (!found.IsSequence()) refuse(line_of(found), fmt::format("{} of {} must be a list of names", key, what_));
    for (const auto& item : found) {
        if (!item.IsScalar()) refuse(line_of(item), fmt::format("{} of {} must be a list of names", key, what_));
        items.push_back(item.Scalar());
    }
    return items;
}

std::vector<std::string> MapReader::required_list(std::string_view key, std::string_view example) {
    auto items = list(key);
    if (items.empty() && missing_.empty()) missing_ = fmt::format("{} needs \"{}\", such as {}", what_, key, example);
    return items;
}

std::vector<int> MapReader::integers(std::string_view key, int min, int max) {
    const YAML::Node found = find(key);
    std::vector<int> items;
    if (!found.IsDefined() || found.IsNull()) return items;
    if (!found.IsSequence()) return {whole_number(found, key, min, max)};
    for (const auto& item : found) items.push_back(whole_number(item, key, min, max));
    return items;
}

void MapReader::finish() const {
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    for (const auto& entry : map_) {
        const std::string& key = entry.first.Scalar();
        if (std::ranges::find(names, key) != names.end()) continue;
        const auto near = nearest(key, names);
        refuse(line_of(entry.first),
               near.empty() ? fmt::format("unknown key \"{}\" of {}; it takes {}", key, what_, fmt::join(names, ", "))
                            : fmt::format("unknown key \"{}\" of {}; did you mean \"{}\"?", key, what_, near));
    }
    if (!missing_.empty()) refuse(line(), missing_);
}

}  // namespace marketday::fleet
