#include "cli/wiring_cdn.hpp"

#include <algorithm>

#include "base/async/wait.hpp"
#include "http/near_caches.hpp"

namespace marketday::cli {

Cdns::Cdns(const Config& config, const Clock& clock) {
    const auto roles = config.list("roles");
    for (const std::string& address : config.list("cdn.purge")) {
        auto one = std::make_unique<One>(address, clock);
        if (std::ranges::find(roles, "worker") != roles.end()) cdns_.push_back(std::move(one));
    }
}

void Cdns::start(Executor& executor, const usecases::SaleBoard& board) {
    if (cdns_.empty()) return;
    for (const auto& one : cdns_) spawn(executor, "cdn.purge", one->purge.run());
    spawn(executor, "cdn.sales", watch_sales(this, &board));
}

/// Every page of a sale, and the shop's first, carries "sales".
Task<void> Cdns::watch_sales(Cdns* self, const usecases::SaleBoard* board) {
    constexpr milliseconds kEvery{100};
    for (std::uint64_t seen = board->version();;) {
        co_await sleep_for(kEvery);
        if (board->version() == seen) continue;
        seen = board->version();
        for (const auto& one : self->cdns_) one->purge.changed({"sales"});
    }
}

/// Besides its own pages every list of goods may show it, and those carry "search".
void Cdns::products_changed(const std::vector<std::string>& skus) {
    if (cdns_.empty()) return;
    std::vector<std::string> keys{"search"};
    for (const std::string& sku : skus) keys.push_back(http::product_surrogate(sku));
    for (const auto& one : cdns_) one->purge.changed(keys);
}

void Cdns::stop() {
    for (const auto& one : cdns_) one->thread.stop();
}

void Cdns::collect(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    for (const auto& one : cdns_) {
        const auto add = [&](Kind kind, const char* name, const char* help, const std::atomic<std::uint64_t>& figure) {
            samples.push_back({kind, name, help, {{"cdn", one->address}}, static_cast<double>(figure.load())});
        };
        const auto& figures = one->purge.figures();
        add(Kind::counter, "marketday_cdn_purges_total", "Purges that the CDN took", figures.purges_total);
        add(Kind::counter, "marketday_cdn_purged_keys_total", "Surrogate keys in them", figures.keys_total);
        add(Kind::counter, "marketday_cdn_failures_total", "Purges that it did not take, to be tried again",
            figures.failures_total);
        add(Kind::counter, "marketday_cdn_overflows_total", "Times that everything was purged, for too much waited",
            figures.overflows_total);
        add(Kind::gauge, "marketday_cdn_keys_waiting", "Surrogate keys that it has not taken yet", figures.waiting);
    }
}

}  // namespace marketday::cli
