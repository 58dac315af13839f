// What /metrics says of the parts that know nothing of metrics.

#include "cli/wiring_parts.hpp"

namespace marketday::cli {

void Shop::Parts::collect_anywhere(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
        samples.push_back({kind, name, help, {}, value});
    };
    stores->collect(samples);
    post.collect(samples);
    cdns.collect(samples);
    webhooks.collect(samples);
    redis.collect(samples);
    pictures.collect(samples);
    add(Kind::counter, "marketday_images_finished_total", "Pictures that this process made in all widths",
        static_cast<double>(finish_images.figures().finished_total));
    add(Kind::counter, "marketday_images_not_finished_total", "Tries that failed, to be repeated",
        static_cast<double>(finish_images.figures().failures_total));
    const auto& server = shop_server->figures();
    add(Kind::gauge, "marketday_connections_open", "Open connections of shoppers",
        static_cast<double>(server.open_connections));
    add(Kind::counter, "marketday_connections_total", "Connections accepted",
        static_cast<double>(server.accepted_total));
    add(Kind::counter, "marketday_connections_shed_total", "Idle connections closed to make room",
        static_cast<double>(server.shed_total));
    add(Kind::counter, "marketday_requests_refused_behind_total",
        "Requests refused because those before them wait too long to be read",
        static_cast<double>(server.behind_total));
    add(Kind::gauge, "marketday_refusals_waiting", "Refusals for want of time that wait for their turn to be sent",
        static_cast<double>(server.refusals_waiting));
    add(Kind::counter, "marketday_requests_malformed_total", "Requests that were no HTTP",
        static_cast<double>(server.malformed_total));
    add(Kind::gauge, "marketday_hashes_waiting", "Passwords that wait to be hashed",
        static_cast<double>(hashing.waiting()));
}

void Shop::Parts::collect_on_shop(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    checkout.each_lane([&samples](const std::optional<SaleId>& sale, const LaneFigures& figures) {
        const std::vector<std::pair<std::string, std::string>> labels{{"lane", sale ? sale->to_string() : "ordinary"}};
        const auto add = [&](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, labels, value});
        };
        add(Kind::gauge, "marketday_lane_depth", "Orders that wait in a lane", static_cast<double>(figures.depth));
        add(Kind::counter, "marketday_lane_orders_total", "Orders sent", static_cast<double>(figures.items));
        add(Kind::counter, "marketday_lane_batches_total", "Batches sent", static_cast<double>(figures.batches));
        add(Kind::counter, "marketday_lane_commit_seconds_total", "From sending a batch to its verdicts",
            static_cast<double>(figures.send_ns) / 1e9);
        add(Kind::counter, "marketday_lane_busy_total", "Orders refused because the lane was full",
            static_cast<double>(figures.refused_busy));
    });
    for (const auto& [sale, figures] : line.figures()) {
        const std::vector<std::pair<std::string, std::string>> labels{{"sale", sale.to_string()}};
        const auto add = [&](const char* name, const char* help, double value) {
            samples.push_back({Kind::gauge, name, help, labels, value});
        };
        add("marketday_line_tickets", "Tickets taken", static_cast<double>(figures.tickets));
        add("marketday_line_waiting", "Shoppers who wait", static_cast<double>(figures.waiting));
        add("marketday_line_admitted", "Admitted who have not ordered", static_cast<double>(figures.outstanding));
        samples.push_back({Kind::counter, "marketday_line_called_total", "Turns called", labels,
                           static_cast<double>(figures.called)});
        add("marketday_line_admissions_per_second", "Admissions a second that checkout sustains",
            figures.admissions_per_s_allowed);
        if (shared_store(config)) {
            add("marketday_line_leads", "1 where this process closes the list and calls", figures.leads ? 1 : 0);
            add("marketday_line_behind_seconds", "How long ago the line was last followed",
                std::chrono::duration<double>(figures.behind).count());
            add("marketday_line_other_processes", "Processes that serve this line too",
                static_cast<double>(figures.others));
        }
        add("marketday_sale_units_left", "Units that can still be had", static_cast<double>(figures.units_left));
    }
    for (const auto& job : scheduler.figures()) {
        samples.push_back({Kind::counter,
                           "marketday_job_turns_total",
                           "Turns of a job",
                           {{"job", job.job}},
                           static_cast<double>(job.turns)});
        samples.push_back({Kind::counter,
                           "marketday_job_failures_total",
                           "Turns that failed",
                           {{"job", job.job}},
                           static_cast<double>(job.failures)});
        samples.push_back({Kind::counter,
                           "marketday_job_seconds_total",
                           "Time in a job",
                           {{"job", job.job}},
                           std::chrono::duration<double>(job.busy).count()});
    }
    http::collect_near_caches(near_caches, samples);
    samples.push_back({Kind::gauge,
                       "marketday_sessions_cached",
                       "Sessions in this process",
                       {},
                       static_cast<double>(session_cache.size())});
    const auto add_shared = [&samples](const char* name, const char* help, const auto& of) {
        for (const auto& [outcome, count] : {std::pair<const char*, std::uint64_t>{"hit", of.hits},
                                             {"miss", of.misses},
                                             {"outdated", of.outdated},
                                             {"unreadable", of.unreadable}})
            samples.push_back({Kind::counter, name, help, {{"outcome", outcome}}, static_cast<double>(count)});
    };
    if (shared_sessions)
        add_shared("marketday_sessions_shared_total", "Sessions that were asked for in the cache of all processes",
                   shared_sessions->figures());
    if (shared_products)
        add_shared("marketday_products_shared_total", "Products that were asked for in the cache of all processes",
                   shared_products->figures());
    samples.push_back({Kind::gauge,
                       "marketday_search_lag_seconds",
                       "How far the search index is behind",
                       {},
                       std::chrono::duration<double>(search_follower.lag().behind).count()});
}

Task<void> Shop::Parts::publish_samples() {
    while (true) {
        std::vector<http::Sample> samples;
        collect_on_shop(samples);
        if (!search_follower.lag().catching_up) search_is_level = true;
        {
            const std::scoped_lock lock(shop_samples_mutex);
            shop_samples.swap(samples);
        }
        co_await sleep_for(seconds{1});
    }
}

}  // namespace marketday::cli
