#pragma once

#include <chrono>
#include <string>

namespace marketday::http {

struct OtlpAddress {
    std::string host;
    std::string port;
    std::string path;
};

/// Posts a JSON body and gives the answer's status; 0 when there was none within `timeout`. Blocks: for a thread of its
/// own.
int post_json(const OtlpAddress& to, std::string body, std::chrono::milliseconds timeout);

}  // namespace marketday::http
