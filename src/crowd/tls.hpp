#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace marketday::crowd {

/// A failure in one sentence that says what to do.
struct Trouble {
    std::string message;
};

/// Whose certificates are believed.
struct Trust {
    std::string authorities_file;  // PEM; empty: those that the system believes
    bool anybody = false;          // no certificate is checked
};

/// What all TLS connections to one shop share: its name, whom to believe, and the session that the next one resumes.
class TlsClient {
public:
    /// `host` is a name or an address, as in the URL.
    static Result<std::shared_ptr<TlsClient>, Trouble> make(const std::string& host, const Trust& trust);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

private:
    friend class TlsStream;
    struct Parts;
    explicit TlsClient(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// One connection's TLS, away from its socket: bytes of the network go in and come out, those of HTTP likewise.
class TlsStream {
public:
    explicit TlsStream(TlsClient& client);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    enum class Step { wait, ready, failed };  // wait: for bytes of the other side
    /// Begins the handshake, or goes on with it.
    Step shake_hands();
    bool is_ready() const { return ready_; }
    /// Why shake_hands failed.
    const std::string& reason() const { return reason_; }

    /// What the network brought.
    void received(std::string_view bytes);
    /// What the network shall bring; nothing is left.
    std::string take_outgoing();

    /// Once ready. False when the stream is broken.
    bool write(std::string_view plain);
    enum class Got { nothing, bytes, end, broken };
    /// `count` bytes were put into `out`.
    Got read(std::span<char> out, std::size_t& count);

private:
    void note_failure();
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::string reason_;
    bool ready_ = false;
};

}  // namespace marketday::crowd
