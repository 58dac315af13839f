#include "drills/operated_shop.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "crowd/target.hpp"
#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

constexpr int kAnswerWithinMs = 30'000;

}  // namespace

std::string OperatedShop::operate(const std::string& method, const std::string& path, const std::string& body) {
    check_running();
    const auto target = crowd::Target::parse(admin_url_);
    if (!target) throw std::runtime_error(target.error().message);
    crowd::PlainClient client{*target, kAnswerWithinMs};
    auto answer = client.ask({.method = method, .path = path, .token = token_, .body = body});
    check_interrupted();
    if (!answer) throw std::runtime_error(answer.error().message);
    if (answer->status / 100 != 2)
        throw std::runtime_error(fmt::format("{} {} was answered {}: {}", method, path, answer->status, answer->body));
    return std::move(answer->body);
}

}  // namespace marketday::drills
