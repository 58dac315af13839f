#include "cli/wiring_webhooks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::cli {
namespace {

constexpr std::string_view kHow = "make one with: echo whsec_$(openssl rand -base64 32)";

usecases::WebhookKeys keys_in(const std::string& path) {
    std::ifstream file{path};
    if (path.empty() || !file)
        throw std::runtime_error(
            fmt::format("webhooks.secret_file: notices are signed, and there is no secret in \"{}\"; {}", path, kHow));
    usecases::WebhookKeys keys;
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) continue;
        auto key = usecases::parse_webhook_secret(line);
        if (!key)
            throw std::runtime_error(fmt::format(
                "webhooks.secret_file: a line of {} is not whsec_ and base64 of 24 to 64 bytes; {}", path, kHow));
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) throw std::runtime_error(fmt::format("webhooks.secret_file: {} holds no secret; {}", path, kHow));
    return keys;
}

std::vector<std::string> types_in(const Config& config) {
    auto types = config.list("webhooks.events");
    const auto known = usecases::webhook_types();
    for (const std::string& type : types) {
        if (std::ranges::find(known, type) == known.end())
            throw std::runtime_error(
                fmt::format("webhooks.events: there is no event \"{}\"; there are {}", type, fmt::join(known, ", ")));
    }
    if (types.empty())
        throw std::runtime_error("webhooks.events: name at least one event, or leave webhooks.urls empty");
    return types;
}

/// The same for the same address after every restart, since its place in the row of events goes by it.
std::string group_of(const std::string& url) {
    const Hash256 hash = blake2b(url);
    return "webhook-" + to_hex(std::span{hash}.first(6));
}

}  // namespace

Webhooks::Webhooks(const Config& config, const Clock& clock) : clock_(clock) {
    const auto urls = config.list("webhooks.urls");
    if (urls.empty()) return;
    const auto keys = keys_in(config.text("webhooks.secret_file"));
    const auto types = types_in(config);
    for (const std::string& url : urls)
        all_.push_back(std::make_unique<One>(
            adapters::HttpWebhook::Options{.url = url,
                                           .tls_ca = config.text("webhooks.tls_ca"),
                                           .within = milliseconds{config.integer("webhooks.within_ms")}},
            clock, usecases::NotifyWebhook::Options{.name = group_of(url), .types = types, .keys = keys}));
}

void Webhooks::add_jobs(usecases::Scheduler& scheduler, ports::EventBus& bus, ports::EventMemory& memory) {
    for (const auto& one : all_) {
        auto* const notify = &one->notify;
        one->consumer = std::make_unique<usecases::Consumer>(
            bus, memory, clock_, notify->group(), notify->types(),
            [notify](usecases::ShopEvent event) { return notify->handle(std::move(event)); });
        auto* const consumer = one->consumer.get();
        scheduler.add({one->name.c_str(), milliseconds{500},
                       [consumer](ports::Fence fence) { return consumer->run(std::move(fence)); },
                       usecases::Scheduler::Where::every_worker});
    }
}

void Webhooks::stop() {
    for (const auto& one : all_) one->thread.stop();
}

void Webhooks::collect(std::vector<http::Sample>& samples) const {
    for (const auto& one : all_) {
        const auto add = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& figure) {
            samples.push_back(
                {http::Sample::Kind::counter, name, help, {{"url", one->url}}, static_cast<double>(figure.load())});
        };
        add("marketday_webhook_taken_total", "Notices that the address took", one->notify.figures().taken_total);
        add("marketday_webhook_failures_total", "Notices that it did not take, to be tried again",
            one->notify.figures().failures_total);
    }
}

}  // namespace marketday::cli
