#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace marketday::http {

/// W3C Trace Context. Takes over the trace of a valid `traceparent`, else begins one; the span is always new. Fills
/// 32 and 16 hex digits. Returns the flags' two digits ("01" when sampled).
std::array<char, 2> continue_trace(std::string_view traceparent, Random& random, std::string& trace_id,
                                   std::string& span_id);

/// Appends `traceparent: 00-…\r\n`.
void append_traceparent(std::string& out, std::string_view trace_id, std::string_view span_id,
                        std::array<char, 2> flags);

}  // namespace marketday::http
