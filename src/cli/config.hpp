#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::cli {

/// One setting that an operator can change. The table of all of them is the only list: file, environment, flags,
/// `--print-config` and the documentation are made from it.
struct ConfigKey {
    std::string_view name;  // "shipping.flat_minor"; in the environment MARKETDAY_SHIPPING_FLAT_MINOR
    enum class Kind : std::uint8_t { text, integer, boolean, list } kind;
    std::string_view initial;
    std::string_view meaning;  // with its unit
    std::int64_t min = 0;      // of an integer
    std::int64_t max = 1'000'000'000'000;
};
const std::vector<ConfigKey>& config_keys();

/// The settings of one run, each with where it came from. File < environment < flags.
class Config {
public:
    Config();

    /// Throws std::runtime_error with one line: file, line, what is wrong and the nearest valid name.
    void read_file(const std::string& path);
    /// Reads MARKETDAY_… ; a name that is none of ours is refused like an unknown key.
    void read_environment(const char* const* environment);
    /// `source`: "flag --listen".
    void set(std::string_view name, std::string_view value, std::string_view source);

    const std::string& text(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    bool boolean(std::string_view name) const;
    std::vector<std::string> list(std::string_view name) const;  // comma-separated
    /// Where a value came from: "default", "flag --listen", "shop.yaml:12", an environment variable.
    const std::string& source(std::string_view name) const;
    /// Every key with value and source, a line each; secrets are not among the settings.
    std::string print() const;

private:
    struct Value {
        std::string text;
        std::string source = "default";
    };
    std::map<std::string, Value, std::less<>> values_;
};

/// A database's URL as it may be shown: ••• instead of its password.
std::string without_password(std::string url);
/// A setting as it may be shown: addresses without what lets in.
std::string without_passwords(std::string_view key, std::string value);

}  // namespace marketday::cli
