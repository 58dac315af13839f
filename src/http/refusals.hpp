#pragma once

#include <exception>
#include <vector>

#include "http/message.hpp"

namespace marketday::http::refusals {

// The answers that the server itself gives in place of a handler's.

Response not_found();
Response bad_escape();
Response method_not_allowed(const std::vector<const Route*>& of_path);
Response options(const std::vector<const Route*>& of_path);
Response sign_in_needed();
Response csrf_token_wrong();
Response idempotency_key_missing();
Response unavailable();
/// More arrives than can be read in time.
Response busy();
/// Logs the failure: a human must act.
Response internal_error(const Route& route, const std::exception& failure);

/// 1..64 visible ASCII characters.
bool is_idempotency_key(std::string_view key);

}  // namespace marketday::http::refusals
