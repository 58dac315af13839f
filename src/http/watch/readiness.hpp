#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// Whether this process can do its work, for load balancers and orchestrators. Each check gives a reason in kebab-case
/// (a literal) when it cannot, else nothing; it is asked on both listeners' threads and must not wait.
class Readiness {
public:
    using Check = std::function<std::string_view()>;
    /// Before the first request.
    void add(Check check) { checks_.push_back(std::move(check)); }
    std::vector<std::string_view> reasons() const;

private:
    std::vector<Check> checks_;
};

/// GET /livez: the process runs. GET /readyz: it can sell; 503 with the reasons when it cannot.
std::vector<Route> health_routes(const Readiness& readiness);

}  // namespace marketday::http
