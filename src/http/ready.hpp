#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// How hard to compress: `fast` for what is sent a few times before it is made anew.
enum class CompressionEffort : std::uint8_t { fast, thorough };

/// Builds the bytes that the near cache keeps: the plain form, gzip and brotli where they save something, and the 304
/// of a strong ETag made from the body (or the one found in `headers`). `headers` must not say Content-Type,
/// Content-Length, Content-Encoding, Date, Connection or traceparent: the server adds what differs per answer.
std::shared_ptr<const ReadyResponse> make_ready(int status, std::string_view content_type, const HeaderLines& headers,
                                                std::string_view body,
                                                CompressionEffort effort = CompressionEffort::thorough);

/// Bodies that were compressed beforehand; an empty one is not offered.
struct PreparedBodies {
    std::string_view identity;
    std::string_view gzip;
    std::string_view brotli;
};
/// The same as above, without compressing anything. Makes the ETag likewise.
std::shared_ptr<const ReadyResponse> make_ready(std::string_view content_type, const HeaderLines& headers,
                                                const PreparedBodies& bodies);

/// The part of a ready form up to the end of its status line, the headers, and the body.
struct ReadyParts {
    std::string_view status_line;  // with CRLF
    std::string_view headers;      // with the empty line
    std::string_view body;
};
ReadyParts split_ready(std::string_view form);

/// "OK" for 200.
std::string_view reason_phrase(int status);

}  // namespace marketday::http
