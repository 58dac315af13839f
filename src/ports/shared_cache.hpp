#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// Bytes by name that all processes of a shop share, between a process's own cache and the store. Contract:
/// tests/contract/shared_cache_contract.hpp, run on every adapter.
/// * never the only copy of anything: any of it may be gone at any time, or be older than what was kept last (a
///   failover to a replica that was behind), so whoever reads decides by what the bytes say whether they still hold;
/// * never in the way: an answer comes within a short time that the adapter states, and while nobody answers, at once.
/// Thread-safe; tasks resume on their caller's executor.
class SharedCache {
public:
    static constexpr std::size_t kNameBytesMax = 512;
    static constexpr std::size_t kBytesMax = std::size_t{1} << 20;
    static constexpr std::size_t kNamesMax = 1000;

    virtual ~SharedCache() = default;

    /// In the order asked, 1..kNamesMax; nothing as well when the cache does not answer.
    virtual Task<std::vector<std::optional<std::string>>> find_all(std::vector<std::string> names) = 0;
    Task<std::optional<std::string>> find(std::string name) {
        std::vector<std::string> names;
        names.push_back(std::move(name));
        auto found = co_await find_all(std::move(names));
        co_return std::move(found.front());
    }
    /// Without waiting, and without word of whether it was. Gone after `at_most`; more than kBytesMax is not kept.
    virtual void keep(std::string name, std::string bytes, milliseconds at_most) = 0;
    /// The same for removing it.
    virtual void forget(std::string name) = 0;
};

}  // namespace marketday::ports
