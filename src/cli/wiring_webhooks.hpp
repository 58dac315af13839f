#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/distributed/http_webhook.hpp"
#include "base/async/blocking.hpp"
#include "cli/config.hpp"
#include "http/metrics.hpp"
#include "usecases/relay_webhook.hpp"

namespace marketday::cli {

/// The addresses of the setting `webhooks.urls`. On the shop's executor.
class Webhooks {
public:
    /// Throws std::runtime_error when a setting is wrong.
    Webhooks(const Config& config, const Clock& clock);
    /// Adds a job for each; only workers run them.
    void add_jobs(usecases::Scheduler& scheduler, ports::EventBus& bus, ports::EventMemory& memory);
    void stop();
    void collect(std::vector<http::Sample>& samples) const;

private:
    struct One {
        std::string url;
        std::string name;  // of its job and of its group of the bus
        ThreadPool thread{{.name = "webhook", .threads = 1, .waiting_max = 4}};
        adapters::HttpWebhook endpoint;
        usecases::NotifyWebhook notify;
        std::unique_ptr<usecases::Consumer> consumer;
        One(adapters::HttpWebhook::Options options, const Clock& clock, usecases::NotifyWebhook::Options wishes)
            : url(options.url),
              name(wishes.name),
              endpoint(thread, std::move(options)),
              notify(endpoint, clock, std::move(wishes)) {}
    };

    const Clock& clock_;
    std::vector<std::unique_ptr<One>> all_;
};

}  // namespace marketday::cli
