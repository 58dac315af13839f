#include "fleet/state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;

YAML::Node load(const fs::path& file) {
    if (!fs::exists(file)) return YAML::Node{YAML::NodeType::Map};
    try {
        return YAML::LoadFile(file.string());
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(
            fmt::format("{} is damaged ({}); run `marketday fleet down` and `up` again", file.string(), error.msg));
    }
}

std::string text_of(const YAML::Emitter& out) { return std::string{out.c_str()} + "\n"; }

void emit(YAML::Emitter& out, const ProcessMark& mark) {
    out << YAML::Flow << YAML::BeginMap << YAML::Key << "pid" << YAML::Value << mark.pid << YAML::Key << "started"
        << YAML::Value << mark.started << YAML::EndMap;
}

ProcessMark mark_of(const YAML::Node& node) {
    if (!node) return {};
    return {node["pid"].as<pid_t>(0), node["started"].as<std::uint64_t>(0)};
}

template <class T>
void pair(YAML::Emitter& out, const char* key, const T& value) {
    out << YAML::Key << key << YAML::Value << value;
}

void emit(YAML::Emitter& out, const PartState& part) {
    out << YAML::BeginMap;
    pair(out, "name", part.name);
    pair(out, "kind", part.kind);
    pair(out, "group", part.group);
    pair(out, "host", part.host);
    pair(out, "address", part.address);
    pair(out, "port", part.port);
    pair(out, "admin_port", part.admin_port);
    pair(out, "serves_shoppers", part.serves_shoppers);
    pair(out, "fingerprint", part.fingerprint);
    out << YAML::Key << "process" << YAML::Value;
    emit(out, part.process);
    pair(out, "since_ms", part.since_ms);
    pair(out, "restarts", part.restarts);
    pair(out, "condition", part.condition);
    out << YAML::EndMap;
}

PartState part_of(const YAML::Node& node) {
    const auto text = [&node](const char* key) { return node[key].as<std::string>(""); };
    PartState part;
    part.name = text("name");
    part.kind = text("kind");
    part.group = text("group");
    part.host = text("host");
    part.address = text("address");
    part.port = node["port"].as<int>(0);
    part.admin_port = node["admin_port"].as<int>(0);
    part.serves_shoppers = node["serves_shoppers"].as<bool>(false);
    part.fingerprint = text("fingerprint");
    part.process = mark_of(node["process"]);
    part.since_ms = node["since_ms"].as<std::int64_t>(0);
    part.restarts = node["restarts"].as<int>(0);
    part.condition = text("condition");
    return part;
}

}  // namespace

std::string_view name_of(Part::Kind kind) {
    switch (kind) {
        case Part::Kind::postgres: return "postgres";
        case Part::Kind::replica: return "replica";
        case Part::Kind::nats: return "nats";
        case Part::Kind::redis: return "redis";
        case Part::Kind::process: return "process";
        case Part::Kind::haproxy: return "haproxy";
        case Part::Kind::varnish: return "varnish";
    }
    return "";
}

PartState* State::find(std::string_view part) {
    const auto found = std::ranges::find(parts, part, &PartState::name);
    return found == parts.end() ? nullptr : &*found;
}

const PartState* State::find(std::string_view part) const {
    const auto found = std::ranges::find(parts, part, &PartState::name);
    return found == parts.end() ? nullptr : &*found;
}

void write_whole(const fs::path& file, std::string_view text, unsigned mode) {
    const std::string aside = file.string() + ".new";
    const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    const auto refuse = [&] {
        throw std::runtime_error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
    };
    if (descriptor < 0) refuse();
    ::fchmod(descriptor, mode);
    const bool written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(descriptor) != 0 || !written || ::rename(aside.c_str(), file.c_str()) != 0) refuse();
}

State read_state(const fs::path& directory) {
    const YAML::Node node = load(directory / "state.yaml");
    State state;
    state.id = node["id"].as<std::string>("");
    state.network = node["network"].as<std::string>("");
    for (const auto& host : node["hosts"]) state.hosts.push_back(host.as<std::string>(""));
    for (const auto& part : node["parts"]) state.parts.push_back(part_of(part));
    state.keeper = mark_of(node["keeper"]);
    state.wish = node["wish"].as<std::int64_t>(0);
    state.doing = node["doing"].as<std::string>("");
    state.problem = node["problem"].as<std::string>("");
    state.failures = node["failures"].as<int>(0);
    state.retry_at_ms = node["retry_at_ms"].as<std::int64_t>(0);
    return state;
}

void write_state(const fs::path& directory, const State& state) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    pair(out, "id", state.id);
    pair(out, "network", state.network);
    pair(out, "hosts", state.hosts);
    out << YAML::Key << "keeper" << YAML::Value;
    emit(out, state.keeper);
    pair(out, "wish", state.wish);
    pair(out, "doing", state.doing);
    pair(out, "problem", state.problem);
    pair(out, "failures", state.failures);
    pair(out, "retry_at_ms", state.retry_at_ms);
    out << YAML::Key << "parts" << YAML::Value << YAML::BeginSeq;
    for (const PartState& part : state.parts) emit(out, part);
    out << YAML::EndSeq << YAML::EndMap;
    write_whole(directory / "state.yaml", text_of(out), 0600);
}

Wanted read_wanted(const fs::path& directory) {
    const YAML::Node node = load(directory / "wanted.yaml");
    Wanted wanted;
    wanted.serial = node["serial"].as<std::int64_t>(0);
    wanted.file = node["file"].as<std::string>("");
    wanted.topology = node["topology"].as<std::string>("");
    wanted.wishes.program_mark = node["program"].as<std::string>("");
    wanted.wishes.network = node["network"].as<std::string>("");
    wanted.owner = mark_of(node["owner"]);
    for (const auto& entry : node["counts"])
        wanted.wishes.counts[entry.first.as<std::string>()] = entry.second.as<int>(0);
    for (const auto& entry : node["generations"])
        wanted.wishes.generations[entry.first.as<std::string>()] = entry.second.as<int>(0);
    for (const auto& entry : node["settings"])
        wanted.wishes.settings.push_back({entry["key"].as<std::string>(), entry["value"].as<std::string>()});
    return wanted;
}

void write_wanted(const fs::path& directory, const Wanted& wanted) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    pair(out, "serial", wanted.serial);
    pair(out, "file", wanted.file);
    pair(out, "program", wanted.wishes.program_mark);
    pair(out, "counts", wanted.wishes.counts);
    pair(out, "generations", wanted.wishes.generations);
    pair(out, "network", wanted.wishes.network);
    out << YAML::Key << "owner" << YAML::Value;
    emit(out, wanted.owner);
    out << YAML::Key << "settings" << YAML::Value << YAML::BeginSeq;
    for (const Setting& setting : wanted.wishes.settings) {
        out << YAML::BeginMap;
        pair(out, "key", setting.key);
        pair(out, "value", setting.value);
        out << YAML::EndMap;
    }
    out << YAML::EndSeq;
    out << YAML::Key << "topology" << YAML::Value << YAML::Literal << wanted.topology << YAML::EndMap;
    write_whole(directory / "wanted.yaml", text_of(out), 0600);
}

}  // namespace marketday::fleet
