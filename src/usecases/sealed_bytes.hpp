#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace marketday::usecases {

// Bytes that are kept where others may write: with a keyed hash over them and their name, so that neither what another
// wrote nor what was kept under another name is believed.

/// Numbers and texts, one after the other.
class BytesWriter {
public:
    void put(std::int64_t number) {
        for (int shift = 0; shift < 64; shift += 8)
            bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
    }
    void put(std::string_view text) {
        put(static_cast<std::int64_t>(text.size()));
        bytes_ += text;
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// The same, read. `good` turns false when something else stands there than what was asked for.
class BytesReader {
public:
    explicit BytesReader(std::string_view bytes) : left_(bytes) {}

    std::int64_t number() {
        if (left_.size() < 8) return fault();
        std::uint64_t read = 0;
        for (std::size_t i = 0; i < 8; ++i)
            read |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(left_[i])) << (8 * i);
        left_.remove_prefix(8);
        return static_cast<std::int64_t>(read);
    }
    std::string_view text() {
        const std::int64_t size = number();
        if (size < 0 || static_cast<std::uint64_t>(size) > left_.size()) {
            fault();
            return {};
        }
        const std::string_view read = left_.substr(0, static_cast<std::size_t>(size));
        left_.remove_prefix(read.size());
        return read;
    }
    bool good() const { return good_; }
    bool at_end() const { return good_ && left_.empty(); }

private:
    std::int64_t fault() {
        good_ = false;
        left_ = {};
        return 0;
    }

    std::string_view left_;
    bool good_ = true;
};

inline constexpr std::size_t kSealBytes = 16;

inline std::string sealed(const Hash256& key, std::string_view name, std::string bytes) {
    const Hash256 seal = blake2b_keyed(key, std::string{name}.append(bytes));
    bytes.append(reinterpret_cast<const char*>(seal.data()), kSealBytes);
    return bytes;
}

/// What was sealed, without its seal. Nothing when it was not sealed with this key under this name, which no other
/// name may begin with.
inline std::optional<std::string_view> unsealed(const Hash256& key, std::string_view name, std::string_view bytes) {
    if (bytes.size() < kSealBytes) return std::nullopt;
    const std::string_view payload = bytes.substr(0, bytes.size() - kSealBytes);
    const Hash256 seal = blake2b_keyed(key, std::string{name}.append(payload));
    const auto* found = reinterpret_cast<const std::uint8_t*>(payload.data() + payload.size());
    if (!equal_secret({seal.data(), kSealBytes}, {found, kSealBytes})) return std::nullopt;
    return payload;
}

}  // namespace marketday::usecases
