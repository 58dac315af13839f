#pragma once

#include "http/message.hpp"

namespace marketday::http {

/// Problems that several routes give. `what`: "order", "sale", "product".
Problem not_found(std::string_view what);
Problem store_unavailable();

}  // namespace marketday::http
