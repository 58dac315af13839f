#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "domain/stock.hpp"

namespace marketday::ports {

/// Keeps the goods' pictures as bytes under names. Contract: tests/contract/images_contract.hpp, run on every adapter.
/// * whole: a picture is there with all its bytes or not at all, and durable when `put` returns;
/// * lasting: what a name means never changes, so anybody may keep its bytes for ever. Putting a name again keeps the
///   first bytes; names are made of a hash of what they name.
/// Thread-safe; tasks resume on their caller's executor.
class Images {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; every call here can be repeated.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kFileBytesMax = 80;
    /// 1..kFileBytesMax of [a-z0-9._-], not beginning with a dot: nothing that a path could climb with.
    static bool is_file(std::string_view text);

    struct Name {
        domain::SkuCode sku;  // domain::is_sku_code
        std::string file;     // is_file
    };
    using Bytes = std::shared_ptr<const std::string>;

    virtual ~Images() = default;
    virtual Answer<std::monostate> put(Name name, Bytes bytes) = 0;
    /// Nothing when there is no such picture.
    virtual Answer<std::optional<Bytes>> get(Name name) = 0;
    /// The files of one product, by name.
    virtual Answer<std::vector<std::string>> list(domain::SkuCode sku) = 0;
    /// Those that are not there are no error.
    virtual Answer<std::monostate> remove(domain::SkuCode sku, std::vector<std::string> files) = 0;
};

inline bool Images::is_file(std::string_view text) {
    if (text.empty() || text.size() > kFileBytesMax || text.front() == '.') return false;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!plain) return false;
    }
    return true;
}

}  // namespace marketday::ports
