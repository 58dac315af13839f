#include "fleet/haproxy_config.hpp"

#include <fmt/format.h>

#include "fleet/varnish_config.hpp"

namespace marketday::fleet {
namespace {

constexpr int kRobotsMax = 10;  // requests of crawlers under way in one process

// A request of the program's own has a deadline of 10 s, so who has not answered after 12 s will not.
constexpr std::string_view kDefaults = R"(
defaults
    mode http
    log global
    option httplog
    option dontlog-normal
    option dontlognull
    option redispatch 1
    option http-keep-alive
    http-reuse safe
    balance leastconn
    retries 3
    retry-on conn-failure empty-response
    timeout connect 1s
    timeout client 75s
    timeout http-request 10s
    timeout http-keep-alive 75s
    timeout server 12s
    timeout tunnel 1h
    timeout check 1s

)";

// Writes are sent again only when the program knows them again by their key. When no process is ready (the database is
// gone), they still answer from memory what they can, and say what they cannot in their own words.
constexpr std::string_view kFrontend =
    R"(    acl reads method GET HEAD OPTIONS
    acl keyed req.hdr(idempotency-key) -m found
    http-request disable-l7-retry unless reads || keyed
    acl of_line path_reg ^/api/v1/sales/[^/]+/line(/|$)
    acl of_line path_beg /line/
    acl robot hdr_sub(user-agent) -i bot crawler spider slurp
    acl of_programs path_beg /api/
    acl of_orders path_beg /api/v1/orders
    acl of_checkout path /checkout
    acl of_checkout path_beg /orders/
    acl of_files path_beg /assets/ /images/
    acl none_ready nbsrv(api) eq 0
    use_backend unready if none_ready
    use_backend orders if of_orders !reads
    use_backend checkout if of_checkout !reads
    use_backend line if of_line
    use_backend robots if robot
    use_backend api if of_programs
    use_backend files if of_files
    default_backend pages
)";

/// Of programs, and of the storefront's pages.
bool takes_orders(std::string_view backend) { return backend == "orders" || backend == "checkout"; }
bool for_people(std::string_view backend) {
    return backend == "pages" || backend == "checkout" || backend == "robots" || backend == "unready";
}

std::string errors_section(std::string_view name, const std::filesystem::path& directory) {
    std::string text = fmt::format("http-errors {}\n", name);
    for (const int status : {502, 503, 504})
        text += fmt::format("    errorfile {} {}\n", status,
                            (directory / fmt::format("config/haproxy-{}-{}.http", name, status)).string());
    return text + "\n";
}

std::string backend_section(const Topology& topology, const std::string& backend,
                            const std::vector<const Part*>& servers) {
    const bool tcp = backend == "tcp";
    std::string text = fmt::format("backend {}\n", backend);
    if (tcp) text += "    mode tcp\n    option tcplog\n    timeout server 75s\n";
    // Any process takes orders, but two that sell at the same instant make each other's knowledge old (ADR 11): the
    // first that is ready takes all that it has room for.
    // Nobody else is asked meanwhile, so one that stands still is to be noticed sooner than elsewhere; to be wrong
    // about a slow one costs no more than that another sells.
    if (backend == "orders") text += "    balance first\n    timeout check 500ms\n";
    text += fmt::format("    option httpchk GET {}\n", backend == "unready" ? "/livez" : "/readyz");
    text += fmt::format("    timeout queue {}ms\n", topology.haproxy->queue_ms);
    if (!tcp) text += fmt::format("    errorfiles {}\n", for_people(backend) ? "people" : "programs");
    for (const Part* server : servers)
        text += fmt::format("    server {} {}\n", server->name, haproxy_server(topology, backend, *server));
    return text + "\n";
}

int web_processes_max(const Topology& topology) {
    int most = 0;
    for (const auto& group : topology.processes)
        if (group.has_role("web")) most += group.count_max;
    return most;
}

GeneratedFile answer(std::string_view audience, int status, std::string_view reason, std::string_view type,
                     std::string_view body) {
    return {fmt::format("config/haproxy-{}-{}.http", audience, status),
            fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\nRetry-After: 1\r\n"
                        "Content-Length: {}\r\n\r\n{}",
                        status, reason, type, body.size(), body)};
}

std::string problem(std::string_view type, int status, std::string_view title, std::string_view detail) {
    return fmt::format(R"({{"type":"{}","title":"{}","status":{},"detail":"{}"}})", type, title, status, detail);
}

}  // namespace

std::vector<std::string> haproxy_backends(const Topology& topology) {
    std::vector<std::string> backends{"line", "robots", "orders", "checkout", "api", "files", "pages", "unready"};
    if (!topology.haproxy->tcp_ports.empty()) backends.emplace_back("tcp");
    return backends;
}

std::string haproxy_server(const Topology& topology, const std::string& backend, const Part& process) {
    const HaproxyPart& haproxy = *topology.haproxy;
    const bool tcp = backend == "tcp";
    const int requests_max = backend == "line"       ? haproxy.line_requests_max
                             : backend == "robots"   ? kRobotsMax
                             : tcp                   ? haproxy.connections_max
                             : takes_orders(backend) ? haproxy.requests_max * web_processes_max(topology)
                                                     : haproxy.requests_max;
    // In words of its own: one that is added while HAProxy runs takes nothing from a default.
    return fmt::format(
        "{}:{} check inter 500ms fastinter 200ms downinter 500ms fall {} rise 2 send-proxy-v2 check-send-proxy maxconn "
        "{} "
        "maxqueue {} slowstart 5s",
        process.address, process.port, backend == "orders" ? 2 : 3, requests_max, haproxy.queue_max);
}

std::string haproxy_config(const Topology& topology, const std::vector<const Part*>& servers,
                           const std::filesystem::path& directory) {
    const HaproxyPart& haproxy = *topology.haproxy;
    const std::string address = topology.address_of(haproxy.host);
    std::string text = fmt::format(
        "# Made by marketday fleet; what is changed here is lost.\n"
        "global\n"
        "    log stdout format timed daemon info\n"
        "    maxconn {}\n"
        "    fd-hard-limit {}\n"
        "    stats socket {} mode 600 level admin\n"
        "    stats timeout 30s\n"
        "    hard-stop-after 10s\n"
        "    spread-checks 5\n",
        haproxy.connections_max, haproxy.descriptors, (directory / kHaproxySocket).string());
    text += kDefaults;
    text += errors_section("programs", directory);
    text += errors_section("people", directory);
    text += fmt::format("frontend shop\n    bind {}:{}\n", address, haproxy.port);
    if (topology.varnish)
        text += fmt::format("    monitor-uri {}\n    http-request set-src hdr(x-forwarded-for) if {{ src {} }}\n",
                            kOriginAlive, topology.address_of(topology.varnish->host));
    text += kFrontend;
    text += '\n';
    for (const int port : haproxy.tcp_ports)
        text += fmt::format(
            "frontend tcp_{0}\n    mode tcp\n    option tcplog\n    bind {1}:{0}\n    default_backend tcp\n\n", port,
            address);
    for (const std::string& backend : haproxy_backends(topology)) text += backend_section(topology, backend, servers);
    return text;
}

std::vector<GeneratedFile> haproxy_answers() {
    const std::string unknown = "It may have happened: repeat it with the same Idempotency-Key to learn.";
    constexpr std::string_view kJson = "application/problem+json";
    constexpr std::string_view kHtml = "text/html; charset=utf-8";
    // It loads itself again: whoever waits before it need do nothing.
    constexpr std::string_view kPage =
        "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
        "<meta http-equiv=refresh content=3><title>Marketday</title>"
        "<body style=\"font:18px/1.6 system-ui;margin:15vh auto;max-width:30em;padding:0 1em;text-align:center\">"
        "<p lang=ko>지금 손님이 많습니다. 이 페이지는 곧 다시 열립니다."
        "<p lang=ja>ただいま混み合っています。このページはまもなく再読み込みされます。"
        "<p lang=en>Many people are here at the moment. This page loads itself again.";
    return {
        answer("programs", 502, "Bad Gateway", kJson,
               problem("outcome-unknown", 502, "The shop's answer was lost.", unknown)),
        answer(
            "programs", 503, "Service Unavailable", kJson,
            problem("busy", 503, "More requests wait than can be taken.", "Nothing was done. Try again in a moment.")),
        answer("programs", 504, "Gateway Timeout", kJson,
               problem("outcome-unknown", 504, "The shop did not answer in time.", unknown)),
        answer("people", 502, "Bad Gateway", kHtml, kPage),
        answer("people", 503, "Service Unavailable", kHtml, kPage),
        answer("people", 504, "Gateway Timeout", kHtml, kPage),
    };
}

}  // namespace marketday::fleet
