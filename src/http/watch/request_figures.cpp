#include "http/watch/request_figures.hpp"

#include "base/assert.hpp"

namespace marketday::http {
namespace {

void add_one(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t RequestFigures::OfRoute::total() const {
    std::uint64_t sum = 0;
    for (const auto& one : by_class) sum += one.load(std::memory_order_relaxed);
    return sum;
}

RequestFigures::RequestFigures(std::string listener)
    : listener_(std::move(listener)), counts_(std::make_unique<OfRoute[]>(1)) {}

RequestFigures::~RequestFigures() = default;

void RequestFigures::begin(const std::vector<Route>& routes) {
    first_ = routes.data();
    routes_ = routes.size();
    counts_ = std::make_unique<OfRoute[]>(routes_ + 1);
}

void RequestFigures::observe(const Route* route, int status, std::chrono::nanoseconds took) {
    const std::size_t index = route == nullptr ? routes_ : static_cast<std::size_t>(route - first_);
    MD_ASSERT(index <= routes_);
    OfRoute& of = counts_[index];
    of.took.count(took);
    add_one(of.by_class[static_cast<std::size_t>(status / 100) % of.by_class.size()]);
    if (status == 503) add_one(of.declined);
}

void RequestFigures::each(const std::function<void(const Route*, const OfRoute&)>& visit) const {
    for (std::size_t i = 0; i < routes_; ++i) visit(first_ + i, counts_[i]);
    visit(nullptr, counts_[routes_]);
}

}  // namespace marketday::http
