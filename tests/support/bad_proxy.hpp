#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace marketday {

/// A TCP proxy that misbehaves as it is told, on loopback and on a thread of its own, between a driver and a real
/// server.
class BadProxy {
public:
    enum class Way : std::uint8_t { to_server, to_client };
    struct Fault {
        enum class Kind : std::uint8_t {
            pass,      // none
            refuse,    // every connection is closed as soon as it was taken, or used
            delay,     // whatever goes that way waits for `delay`
            cut,       // reset on both sides
            truncate,  // that side sees an orderly end
            silence,   // nothing passes any more, either way, and nobody is told
            garbage,   // bytes that nobody sent come in between
        };
        Kind kind = Kind::pass;
        Way way = Way::to_client;
        std::size_t after_bytes = 0;  // went that way on one connection since the fault was set
        std::chrono::milliseconds delay{0};
    };

    explicit BadProxy(int server_port);
    ~BadProxy();
    BadProxy(const BadProxy&) = delete;
    BadProxy& operator=(const BadProxy&) = delete;

    int port() const;
    /// From now on. A connection that was cut, ended, silenced or garbled stays so; with `pass`, others are well.
    void set(Fault fault);
    /// How often what was set last has happened.
    std::size_t felt() const;
    /// What went that way since then, of the connection where most did.
    std::size_t passed(Way way) const;

private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace marketday
