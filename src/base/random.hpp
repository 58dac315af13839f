#pragma once

#include <cstdint>
#include <span>

namespace marketday {

/// The only source of randomness for everything above `base`.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;
    virtual std::uint64_t u64() = 0;
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
};

/// The operating system's cryptographic randomness (libsodium), fetched a few kilobytes at a time. Thread-safe. A
/// process that forks must not go on using it in both halves.
class SystemRandom final : public Random {
public:
    SystemRandom();
    void fill(std::span<std::uint8_t> bytes) override;
    std::uint64_t u64() override;
};

/// Repeatable: the same seed gives the same sequence (SplitMix64). For simulation, tests and load, never for secrets.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> bytes) override;
    std::uint64_t u64() override;

private:
    std::uint64_t state_;
};

}  // namespace marketday
