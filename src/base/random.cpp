#include "base/random.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "base/assert.hpp"

namespace marketday {

std::uint64_t Random::below(std::uint64_t bound) {
    MD_ASSERT(bound > 0);
    // Multiply-shift (Lemire 2019); the bias for bounds under 2^32 is under 2^-32.
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(u64()) * bound) >> 64);
}

SystemRandom::SystemRandom() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium found no source of randomness");
}

namespace {

/// A thread's store of randomness: one system call for hundreds of ids. What has been given out is overwritten, so that
/// a later look into memory tells nothing about it.
struct RandomStore {
    std::array<std::uint8_t, 4096> bytes;
    std::size_t used = sizeof bytes;
};
thread_local RandomStore random_store;

}  // namespace

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    RandomStore& store = random_store;
    if (bytes.size() > store.bytes.size() / 8) {
        randombytes_buf(bytes.data(), bytes.size());
        return;
    }
    if (store.used + bytes.size() > store.bytes.size()) {
        randombytes_buf(store.bytes.data(), store.bytes.size());
        store.used = 0;
    }
    std::uint8_t* const from = store.bytes.data() + store.used;
    std::memcpy(bytes.data(), from, bytes.size());
    std::memset(from, 0, bytes.size());
    store.used += bytes.size();
}

std::uint64_t SystemRandom::u64() {
    std::array<std::uint8_t, 8> bytes;
    fill(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        const std::uint64_t value = u64();
        std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(8, bytes.size() - at));
    }
}

std::uint64_t SeededRandom::u64() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace marketday
