#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/distributed/varnish_cdn.hpp"
#include "base/async/blocking.hpp"
#include "cli/config.hpp"
#include "http/metrics.hpp"
#include "usecases/purge_cdn.hpp"
#include "usecases/sale_board.hpp"

namespace marketday::cli {

/// The CDNs that this process tells what has changed: those of the setting `cdn.purge`, in a worker. On the shop's
/// executor.
class Cdns {
public:
    Cdns(const Config& config, const Clock& clock);
    bool empty() const { return cdns_.empty(); }
    void start(Executor& executor, const usecases::SaleBoard& board);
    void products_changed(const std::vector<std::string>& skus);
    void stop();
    void collect(std::vector<http::Sample>& samples) const;

private:
    struct One {
        std::string address;
        ThreadPool thread{{.name = "cdn", .threads = 1, .waiting_max = 4}};
        adapters::VarnishCdn cdn;
        usecases::PurgeCdn purge;
        One(const std::string& where, const Clock& clock)
            : address(where), cdn(thread, {.address = where}), purge(cdn, clock, {}) {}
    };
    static Task<void> watch_sales(Cdns* self, const usecases::SaleBoard* board);

    std::vector<std::unique_ptr<One>> cdns_;
};

}  // namespace marketday::cli
