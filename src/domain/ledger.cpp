#include "domain/ledger.hpp"

#include <cstring>

#include "base/assert.hpp"

namespace marketday::domain {
namespace {

struct Buffer {
    std::array<std::uint8_t, 256> bytes;
    std::size_t size = 0;

    void add(const void* from, std::size_t length) {
        MD_ASSERT(size + length <= bytes.size());
        std::memcpy(bytes.data() + size, from, length);
        size += length;
    }
    void add_number(std::int64_t value) {
        auto rest = static_cast<std::uint64_t>(value);
        for (int i = 0; i < 8; ++i, rest >>= 8) bytes[size++] = static_cast<std::uint8_t>(rest);
    }
};

}  // namespace

Hash256 chain(const Hash256& previous, const LedgerEntry& entry) {
    Buffer buffer;
    buffer.add(previous.data(), previous.size());
    buffer.add_number(entry.sequence);
    buffer.add_number(entry.epoch);
    buffer.add_number(to_unix_ms(entry.at));
    buffer.add_number(entry.units);
    buffer.bytes[buffer.size++] = static_cast<std::uint8_t>(entry.movement);
    buffer.add(entry.order.uuid.bytes.data(), 16);
    buffer.add(entry.sku.data(), entry.sku.size());
    return blake2b(std::span{buffer.bytes.data(), buffer.size});
}

Hash256 epoch_genesis(std::int64_t epoch, const Hash256& previous_head) {
    Buffer buffer;
    buffer.add("marketday-epoch", 15);
    buffer.add_number(epoch);
    buffer.add(previous_head.data(), previous_head.size());
    return blake2b(std::span{buffer.bytes.data(), buffer.size});
}

}  // namespace marketday::domain
