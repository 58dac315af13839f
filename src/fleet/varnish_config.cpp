#include "fleet/varnish_config.hpp"

#include <fmt/format.h>

#include <set>

namespace marketday::fleet {
namespace {

// Pages and reads that are the same for everybody who speaks one language. What is not listed is passed on with all
// that came with it: a page that is forgotten here costs speed, not a secret.
constexpr std::string_view kPublic =
    R"re(^/(\?|$)|^/(p|c|sales|assets|images|sitemap)/|^/(search|robots\.txt|sitemap\.xml)(\?|$)|)re"
    R"re(^/api/v1/(products|categories|suggestions|rankings)(/|\?|$)|)re"
    R"re(^/api/v1/sales(/[^/?]+(/stock)?)?(\?|$))re";

constexpr std::string_view kReceive = R"vcl(
sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.X-Shop-Purged;
        unset req.http.X-Shop-Renew;
        unset req.http.X-Shop-Last;
        # Whose request it is: the load balancer believes it of this address alone.
        set req.http.X-Forwarded-For = client.ip;
    }
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403, "Only the shop's workers may purge"));
        }
        if (!req.http.Surrogate-Key) {
            return (synth(400, "PURGE needs Surrogate-Key: what is to go, between spaces"));
        }
        set req.http.X-Shop-Purged = xkey.softpurge(req.http.Surrogate-Key);
        return (synth(200, "Purged"));
    }
    if (req.url == "@ALIVE@") {
        return (synth(200, "OK"));
    }
    if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        return (synth(405, "Method Not Allowed"));
    }
    if (req.restarts > 0 && req.http.X-Shop-Last) {
        set req.grace = 30d;
    } else if (req.restarts > 0 && req.http.X-Shop-Renew) {
        set req.grace = 0s;
        # Nobody waits for what somebody else fetches: there is an older answer, should none come.
        set req.hash_ignore_busy = true;
    }
    if ((req.method != "GET" && req.method != "HEAD") || req.http.Authorization || req.url !~ "@PUBLIC@") {
        return (pass);
    }
    # Such pages differ by language alone: the one chosen, else what the browser asks for.
    if (req.http.Cookie ~ "(^|;\s*)md_lang=(ko|ja|en)(;|$)") {
        set req.http.Cookie = "md_lang=" + regsub(req.http.Cookie, "^(.*;\s*)?md_lang=(ko|ja|en)(;.*)?$", "\2");
        unset req.http.Accept-Language;
    } else {
        unset req.http.Cookie;
        # Few variants: the first that the shop speaks, as browsers put first what they like best.
        if (req.http.Accept-Language ~ "(?i)(^|[ ,])(ko|ja|en)(-[a-z0-9-]+)?\s*([;,]|$)") {
            set req.http.Accept-Language = std.tolower(regsub(req.http.Accept-Language,
                "(?i)^(.*?[ ,])??(ko|ja|en)(-[a-z0-9-]+)?\s*([;,].*)?$", "\2"));
        } else {
            unset req.http.Accept-Language;
        }
    }
    return (hash);
}

sub vcl_hash {
    hash_data(req.url);
    # A language in the address is remembered, unless it is already.
    if (req.url ~ "[?&]lang=") {
        hash_data(req.http.Cookie);
    }
    return (lookup);
}

sub vcl_hit {
    if (obj.ttl >= 0s || req.http.X-Shop-Last) {
        return (deliver);
    }
    # Purged or too old: only when there is nothing better. A purge does not reach what is past its time already, so
    # nothing of that kind is shown to anybody who could be shown what the shop, which keeps it too, says now.
    set req.http.X-Shop-Renew = "1";
    return (restart);
}
)vcl";

constexpr std::string_view kFetch = R"vcl(
sub vcl_backend_fetch {
    # There is an older answer: nobody waits long for a newer one.
    if (bereq.http.X-Shop-Renew && !bereq.http.X-Shop-Last) {
        set bereq.first_byte_timeout = 3s;
    }
    unset bereq.http.X-Shop-Purged;
    return (fetch);
}

sub vcl_backend_response {
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (beresp.status >= 500 || (beresp.status >= 400 && beresp.status != 404 && beresp.status != 410)) {
        # What is kept is better than this, and nobody else's answer: a mark that this is not kept would stand before
        # what is.
        if (beresp.status >= 500 &&
            (bereq.is_bgfetch || (bereq.http.X-Shop-Renew && !bereq.http.X-Shop-Last))) {
            return (abandon);
        }
        set beresp.uncacheable = true;
        set beresp.http.Vary = "Accept-Language, Cookie";
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        return (deliver);
    }
    set beresp.http.X-Shop-Policy = beresp.http.CDN-Cache-Control;
    if (!beresp.http.CDN-Cache-Control && beresp.http.Cache-Control ~ "(?i)(^|[ ,])public([ ,]|$)") {
        set beresp.http.X-Shop-Policy = beresp.http.Cache-Control;
    }
    if (beresp.http.Set-Cookie || beresp.http.Vary ~ "\*" ||
        beresp.http.Cache-Control ~ "(?i)(private|no-store|no-cache)" ||
        beresp.http.X-Shop-Policy !~ "(?i)(^|[ ,])max-age=[0-9]+") {
        set beresp.uncacheable = true;
        if (beresp.http.Vary !~ "\*") {
            set beresp.http.Vary = "Accept-Language, Cookie";
        }
        set beresp.ttl = 10s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        return (deliver);
    }
    set beresp.ttl =
        std.duration(regsub(beresp.http.X-Shop-Policy, "(?i)^(.*[ ,])?max-age=([0-9]+).*$", "\2s"), 0s);
    set beresp.grace = 0s;
    if (beresp.http.X-Shop-Policy ~ "(?i)stale-if-error=[0-9]+") {
        set beresp.grace =
            std.duration(regsub(beresp.http.X-Shop-Policy, "(?i)^.*stale-if-error=([0-9]+).*$", "\1s"), 0s);
    }
    set beresp.http.xkey = "everything " + beresp.http.Surrogate-Key;
    unset beresp.http.X-Shop-Policy;
    return (deliver);
}

sub vcl_backend_error {
    if (!bereq.uncacheable && (bereq.is_bgfetch || (bereq.http.X-Shop-Renew && !bereq.http.X-Shop-Last))) {
        return (abandon);
    }
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Vary = "Accept-Language, Cookie";
    set beresp.http.Retry-After = "1";
    if (bereq.url !~ "^/api/") {
        set beresp.http.Content-Type = "text/html; charset=utf-8";
        set beresp.body = {"<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=3><title>Marketday</title>
<p lang=ko>지금 손님이 많습니다. 이 페이지는 곧 다시 열립니다.
<p lang=ja>ただいま混み合っています。このページはまもなく再読み込みされます。
<p lang=en>Many people are here at the moment. This page loads itself again."};
        return (deliver);
    }
    set beresp.http.Content-Type = "application/problem+json";
    if (bereq.method == "GET" || bereq.method == "HEAD") {
        set beresp.body = """{"type":"busy","title":"The shop does not answer.","status":503,"detail":"Try again in a moment."}""";
    } else {
        set beresp.status = 502;
        set beresp.reason = "Bad Gateway";
        set beresp.body = """{"type":"outcome-unknown","title":"The shop's answer was lost.","status":502,"detail":"It may have happened: repeat it with the same Idempotency-Key to learn."}""";
    }
    return (deliver);
}

sub vcl_synth {
    # What was to be renewed could not be: as it is, then.
    if (resp.status == 503 && req.http.X-Shop-Renew && !req.http.X-Shop-Last) {
        set req.http.X-Shop-Last = "1";
        return (restart);
    }
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.http.Cache-Control = "no-store";
    set resp.body = resp.reason + {"
"};
    if (req.http.X-Shop-Purged) {
        set resp.body = req.http.X-Shop-Purged + {" answers are old from now on
"};
    }
    return (deliver);
}

sub vcl_deliver {
    unset resp.http.xkey;
    unset resp.http.Surrogate-Key;
    unset resp.http.CDN-Cache-Control;
    unset resp.http.X-Shop-Policy;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    # RFC 9211.
    if (req.is_hitpass || req.is_hitmiss || obj.uncacheable) {
        set resp.http.Cache-Status = "cdn; fwd=bypass";
    } else if (resp.status >= 500) {
        set resp.http.Cache-Status = "cdn; fwd=miss";
    } else if (obj.hits > 0) {
        set resp.http.Cache-Status = "cdn; hit";
    } else {
        set resp.http.Cache-Status = "cdn; fwd=miss; stored";
    }
    return (deliver);
}
)vcl";

std::string with(std::string_view text, std::string_view mark, std::string_view value) {
    std::string out{text};
    for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos; at += value.size())
        out.replace(at, mark.size(), value);
    return out;
}

}  // namespace

std::string varnish_config(const Topology& topology) {
    std::set<std::string> purgers;
    for (const ProcessGroup& group : topology.processes) {
        if (group.has_role("worker")) purgers.insert(group.hosts.begin(), group.hosts.end());
    }
    std::string text = fmt::format(
        "vcl 4.1;\n"
        "# Made by marketday fleet; what is changed here is lost.\n"
        "import std;\nimport xkey;\n\n"
        "backend origin {{\n"
        "    .host = \"{}\";\n    .port = \"{}\";\n"
        "    .connect_timeout = 1s;\n    .first_byte_timeout = 15s;\n    .between_bytes_timeout = 15s;\n"
        "    # Answered by the load balancer itself: when it stands still, nobody waits for it.\n"
        "    .probe = {{\n        .url = \"{}\";\n        .interval = 500ms;\n        .timeout = 1s;\n"
        "        .window = 4;\n        .threshold = 2;\n        .initial = 2;\n    }}\n}}\n\n"
        "acl purgers {{\n",
        topology.address_of(topology.haproxy->host), topology.haproxy->port, kOriginAlive);
    for (const std::string& host : purgers) text += fmt::format("    \"{}\";\n", topology.address_of(host));
    text += "}\n";
    text += with(with(kReceive, "@ALIVE@", kVarnishAlive), "@PUBLIC@", kPublic);
    text += kFetch;
    return text;
}

}  // namespace marketday::fleet
