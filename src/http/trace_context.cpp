#include "http/trace_context.hpp"

#include <algorithm>

namespace marketday::http {
namespace {

constexpr std::size_t kTraceparentLength = 55;  // 00-<32>-<16>-<2>

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

/// Sixteen hex digits of `value`.
void put_hex(char* at, std::uint64_t value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; --i) {
        at[i] = kDigits[value & 15];
        value >>= 4;
    }
}

bool is_valid(std::string_view text) {
    if (text.size() < kTraceparentLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    if (text.substr(0, 2) == "ff") return false;
    // A later version may say more behind another dash; version 00 may not.
    if (text.size() > kTraceparentLength && (text.starts_with("00") || text[kTraceparentLength] != '-')) return false;
    const std::string_view trace = text.substr(3, 32);
    const std::string_view span = text.substr(36, 16);
    return is_lower_hex(text.substr(0, 2)) && is_lower_hex(trace) && is_lower_hex(span) &&
           is_lower_hex(text.substr(53, 2)) && !is_zero(trace) && !is_zero(span);
}

}  // namespace

std::array<char, 2> continue_trace(std::string_view traceparent, Random& random, std::string& trace_id,
                                   std::string& span_id) {
    trace_id.resize(32);
    span_id.resize(16);
    put_hex(span_id.data(), random.u64() | 1);
    if (!traceparent.empty() && is_valid(traceparent)) {
        trace_id.assign(traceparent.substr(3, 32));
        return {traceparent[53], traceparent[54]};
    }
    put_hex(trace_id.data(), random.u64());
    put_hex(trace_id.data() + 16, random.u64() | 1);
    return {'0', '1'};
}

void append_traceparent(std::string& out, std::string_view trace_id, std::string_view span_id,
                        std::array<char, 2> flags) {
    out += "traceparent: 00-";
    out += trace_id;
    out += '-';
    out += span_id;
    out += '-';
    out.append(flags.data(), flags.size());
    out += "\r\n";
}

}  // namespace marketday::http
