#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/async/task.hpp"
#include "base/result.hpp"

namespace marketday::ports {

/// An address of somebody else's that is told of events (Standard Webhooks, standardwebhooks.com). The same notice may
/// be posted more than once; its id tells.
class Webhook {
public:
    enum class Error {
        not_taken,  // Perhaps it came all the same: post it again, with the same id.
    };

    struct Notice {
        std::string id;          // of the event: the header webhook-id
        std::int64_t at_s = 0;   // of this try, unix seconds: webhook-timestamp
        std::string signatures;  // webhook-signature
        std::string body;        // JSON
    };

    virtual ~Webhook() = default;
    virtual Task<Result<std::monostate, Error>> post(Notice notice) = 0;
};

}  // namespace marketday::ports
