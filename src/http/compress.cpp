#include "http/compress.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <new>

#include "base/assert.hpp"

namespace marketday::http {

std::string gzip(std::string_view body, int level) {
    z_stream stream{};
    constexpr int kGzipWindowBits = 15 + 16;
    if (::deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc{};
    }
    std::string out(::deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int end = ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    MD_ASSERT(end == Z_STREAM_END);  // deflateBound promises the room.
    return out;
}

std::string brotli(std::string_view body, int quality) {
    std::size_t size = ::BrotliEncoderMaxCompressedSize(body.size());
    std::string out(size, '\0');
    const BROTLI_BOOL done = ::BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, body.size(),
                                                     reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                                                     reinterpret_cast<std::uint8_t*>(out.data()));
    if (done == BROTLI_FALSE) throw std::bad_alloc{};
    out.resize(size);
    return out;
}

bool is_compressible(std::string_view content_type) {
    return content_type.starts_with("text/") || content_type.starts_with("application/json") ||
           content_type.starts_with("application/problem+json") || content_type.starts_with("application/javascript") ||
           content_type.starts_with("application/xml") || content_type.starts_with("image/svg+xml");
}

}  // namespace marketday::http
