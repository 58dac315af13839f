#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace marketday::crowd {

/// What the crowd needs from the head of a response (RFC 9112).
struct ResponseHead {
    int status = 0;
    std::int64_t content_length = -1;  // -1: not given
    bool chunked = false;
    bool keep_alive = true;
    int retry_after_s = -1;  // -1: not given
    std::size_t bytes = 0;   // with the empty line
};

/// Takes one response at a time out of received bytes, however they were split. A response that arrives in one piece,
/// the usual case, is never copied: `body()` points into the bytes given to `consume`.
class ResponseReader {
public:
    enum class Step : std::uint8_t { more, complete, broken };

    static constexpr std::size_t kHeadBytesMax = 32 * 1024;
    static constexpr std::size_t kBodyBytesMax = 64 * 1024 * 1024;

    /// `fresh` is what came since the last call. After `complete`, head() and body() hold until finish(), or until
    /// `fresh` dies.
    Step consume(std::string_view fresh);
    /// The other side closed: completes a response whose body runs to the end of the connection.
    Step end_of_stream();
    const ResponseHead& head() const { return head_; }
    std::string_view body() const { return body_; }
    /// Whether any byte of a response has come since finish().
    bool started() const { return started_; }
    /// Ready for the next response on this connection.
    void finish();

private:
    Step advance(std::string_view all);
    Step advance_chunks(std::string_view all);

    ResponseHead head_;
    bool head_known_ = false;
    bool started_ = false;
    std::size_t skipped_bytes_ = 0;  // interim responses before the real one
    std::string_view body_;
    std::string held_;     // an incomplete response's bytes so far
    std::string decoded_;  // the body of a chunked response
};

/// Reads a head out of `bytes`; `more` until the empty line is there. Interim (1xx) heads are complete heads too.
ResponseReader::Step read_head(std::string_view bytes, ResponseHead& head);

}  // namespace marketday::crowd
