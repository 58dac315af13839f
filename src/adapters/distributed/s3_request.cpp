#include "adapters/distributed/s3_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "adapters/distributed/curl_handle.hpp"
#include "base/hash.hpp"

namespace marketday::adapters {
namespace {

using Method = S3Server::Request::Method;

struct Reading {
    std::string_view left;
};
std::size_t give(char* into, std::size_t size, std::size_t count, void* of) {
    auto& left = static_cast<Reading*>(of)->left;
    const std::size_t bytes = std::min(size * count, left.size());
    std::memcpy(into, left.data(), bytes);
    left.remove_prefix(bytes);
    return bytes;
}
std::size_t take_body(char* from, std::size_t size, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size * count > S3Server::kBodyBytesMax) return 0;  // ends the request
    body.append(from, size * count);
    return size * count;
}

std::string hex(const Hash256& hash) {
    std::string text;
    for (const auto byte : hash) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
    return text;
}

/// Before anything of the request went out.
bool never_sent(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL: return true;
        default: return false;
    }
}

std::string reason_of(const S3Server::Answer& answer) {
    const auto codes = s3_texts(answer.body, "Code");
    return codes.empty() ? fmt::format("status {}", answer.status) : codes.front();
}

}  // namespace

S3Server::S3Server(Options options) : options_(std::move(options)) {}
S3Server::~S3Server() = default;

std::unique_ptr<CurlHandle> S3Server::take() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return std::make_unique<CurlHandle>();
    auto handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
}

void S3Server::give_back(std::unique_ptr<CurlHandle> handle) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(handle));
}

S3Server::Answer S3Server::ask(const Request& request) {
    auto handle = take();
    CURL* curl = handle->fresh();
    Answer answer;
    Reading reading{request.body};
    std::array<char, CURL_ERROR_SIZE> why{};
    const std::string url = options_.endpoint + request.path + (request.query.empty() ? "" : "?" + request.query);
    const std::string signing = fmt::format("aws:amz:{}:s3", options_.region);
    std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{nullptr, &curl_slist_free_all};
    const auto add = [&headers](const std::string& line) {
        curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc{};
        static_cast<void>(headers.release());
        headers.reset(longer);
    };
    add("x-amz-content-sha256: " + hex(sha256(request.body)));
    if (request.only_if_absent) add("If-None-Match: *");
    switch (request.method) {
        case Method::get: curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L); break;
        case Method::head: curl_easy_setopt(curl, CURLOPT_NOBODY, 1L); break;
        case Method::remove: curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE"); break;
        case Method::put:
            curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
            curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(curl, CURLOPT_READFUNCTION, &give);
            curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
            add("Content-Type: application/octet-stream");
            break;
    }
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, signing.c_str());
    curl_easy_setopt(curl, CURLOPT_USERNAME, options_.access_key.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options_.secret_key.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    if (!options_.tls_ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.tls_ca.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, 200L);  // a header that says "none" would be signed
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::max<std::int64_t>(request.within.count() / 2, 1)));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.within.count()));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
    const CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        if (answer.status >= 300) answer.reason = reason_of(answer);
    } else {
        answer.reason = why[0] != '\0' ? why.data() : curl_easy_strerror(result);
        curl_off_t uploaded = 0;
        curl_off_t connected = 0;
        curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
        curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
        // A connection that was never made, or a body that did not go out whole, which the server's length tells it.
        answer.sent = !never_sent(result) && connected > 0 &&
                      (request.method != Method::put || uploaded == static_cast<curl_off_t>(request.body.size()));
    }
    // Whoever did not understand may have stopped reading in the middle: nothing more is asked on that connection.
    const bool understood = answer.status > 0 && (answer.status < 400 || answer.status == 404 || answer.status == 412);
    if (understood) give_back(std::move(handle));
    return answer;
}

std::string s3_encoded(std::string_view text) {
    std::string made;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~' || c == '/';
        if (plain)
            made += c;
        else
            fmt::format_to(std::back_inserter(made), "%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return made;
}

std::vector<std::string> s3_texts(std::string_view xml, std::string_view tag) {
    const std::string begin = fmt::format("<{}>", tag);
    const std::string end = fmt::format("</{}>", tag);
    std::vector<std::string> texts;
    for (auto at = xml.find(begin); at != std::string_view::npos; at = xml.find(begin, at)) {
        at += begin.size();
        const auto until = xml.find(end, at);
        if (until == std::string_view::npos) break;
        texts.emplace_back(xml.substr(at, until - at));
        at = until;
    }
    return texts;
}

}  // namespace marketday::adapters
