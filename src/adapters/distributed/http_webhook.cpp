#include "adapters/distributed/http_webhook.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "adapters/distributed/curl_handle.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using Handle = std::unique_ptr<CURLU, void (*)(CURLU*)>;

/// True for an http or https URL with a host and without a user, whose secret would stand in logs.
bool is_url(const std::string& text) {
    const Handle url{curl_url(), &curl_url_cleanup};
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) return false;
    char* scheme = nullptr;
    if (curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) return false;
    const std::string of{scheme};
    curl_free(scheme);
    return of == "http" || of == "https";
}

std::size_t drop(char*, std::size_t size, std::size_t count, void* left) {
    auto& bytes = *static_cast<std::size_t*>(left);
    if (size * count > bytes) return 0;  // no answer of a webhook is that long: ends the request
    bytes -= size * count;
    return size * count;
}

}  // namespace

HttpWebhook::HttpWebhook(BlockingPool& pool, Options options)
    : pool_(pool), options_(std::move(options)), curl_(std::make_unique<CurlHandle>()) {
    if (!is_url(options_.url))
        throw std::runtime_error(
            fmt::format("webhooks.urls must be https://HOST/PATH, several between commas, not \"{}\"", options_.url));
}

HttpWebhook::~HttpWebhook() = default;

bool HttpWebhook::send(const Notice& notice) {
    CURL* curl = curl_->fresh();
    curl_slist* lines = nullptr;
    const std::array<std::string, 5> headers{"Content-Type: application/json", "webhook-id: " + notice.id,
                                             fmt::format("webhook-timestamp: {}", notice.at_s),
                                             "webhook-signature: " + notice.signatures, "Expect:"};
    for (const auto& header : headers) lines = curl_slist_append(lines, header.c_str());
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> all{lines, &curl_slist_free_all};
    std::array<char, CURL_ERROR_SIZE> why{};
    std::size_t answer_max = 65'536;
    curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (!options_.tls_ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.tls_ca.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, notice.body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(notice.body.size()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, all.get());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "marketday");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &drop);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer_max);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.within.count()));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
    const CURLcode result = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_OK && status >= 200 && status < 300) return true;
    const std::string_view words = result == CURLE_OK ? "" : why[0] != '\0' ? why.data() : curl_easy_strerror(result);
    log::warn("webhook.not_taken",
              {{"url", options_.url}, {"event", notice.id}, {"status", std::int64_t{status}}, {"why", words}});
    return false;
}

Task<Result<std::monostate, ports::Webhook::Error>> HttpWebhook::post(Notice notice) {
    auto work = [this, given = std::move(notice)] { return send(given); };
    const auto done = co_await blocking(pool_, std::move(work));
    if (!done || !*done) co_return fail(Error::not_taken);
    co_return std::monostate{};
}

}  // namespace marketday::adapters
