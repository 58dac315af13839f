#include "http/compress.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "base/assert.hpp"
#include "base/memory_reserve.hpp"

namespace marketday::http {

namespace {

struct Deflating {
    z_stream stream{};
    explicit Deflating(int level) {
        constexpr int kGzipWindowBits = 15 + 16;
        if (::deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};
    }
    ~Deflating() { ::deflateEnd(&stream); }
    Deflating(const Deflating&) = delete;
    Deflating& operator=(const Deflating&) = delete;
};

/// Brotli's encoder ends the process when it is given no memory, so it takes from the reserve.
void* memory_for_brotli(void*, std::size_t bytes) {
    while (true) {
        if (void* const memory = std::malloc(bytes); memory != nullptr || !MemoryReserve::take()) return memory;
    }
}
void free_of_brotli(void*, void* memory) { std::free(memory); }

}  // namespace

std::string gzip(std::string_view body, int level) {
    Deflating deflating(level);
    z_stream& stream = deflating.stream;
    std::string out(::deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int end = ::deflate(&stream, Z_FINISH);
    MD_ASSERT(end == Z_STREAM_END);  // deflateBound promises the room.
    out.resize(stream.total_out);
    return out;
}

std::string brotli(std::string_view body, int quality) {
    const std::unique_ptr<BrotliEncoderState, decltype(&::BrotliEncoderDestroyInstance)> encoder{
        ::BrotliEncoderCreateInstance(memory_for_brotli, free_of_brotli, nullptr), &::BrotliEncoderDestroyInstance};
    if (encoder == nullptr) throw std::bad_alloc{};
    ::BrotliEncoderSetParameter(encoder.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(quality));
    ::BrotliEncoderSetParameter(encoder.get(), BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
    ::BrotliEncoderSetParameter(encoder.get(), BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(body.size()));
    std::string out;
    std::size_t left = body.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(body.data());
    do {
        std::size_t room = 0;
        if (::BrotliEncoderCompressStream(encoder.get(), BROTLI_OPERATION_FINISH, &left, &next, &room, nullptr,
                                          nullptr) == BROTLI_FALSE)
            throw std::bad_alloc{};
        std::size_t bytes = 0;
        const std::uint8_t* const made = ::BrotliEncoderTakeOutput(encoder.get(), &bytes);
        out.append(reinterpret_cast<const char*>(made), bytes);
    } while (::BrotliEncoderIsFinished(encoder.get()) == BROTLI_FALSE);
    return out;
}

bool is_compressible(std::string_view content_type) {
    return content_type.starts_with("text/") || content_type.starts_with("application/json") ||
           content_type.starts_with("application/problem+json") || content_type.starts_with("application/javascript") ||
           content_type.starts_with("application/xml") || content_type.starts_with("image/svg+xml");
}

}  // namespace marketday::http
