#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::fuzz {

/// One request as an independent, strict reader of RFC 9112 cuts it out of a stream: written for comparison with the
/// server's own, and sharing no code with it.
struct Framed {
    std::string method;
    std::string target;
    std::string body;
    std::size_t bytes = 0;  // of the stream, from the request's first byte to its last
};

/// The request at the start of `stream`; nothing when it is incomplete or when a strict reader must refuse it.
std::optional<Framed> frame_request(std::string_view stream);

}  // namespace marketday::fuzz
