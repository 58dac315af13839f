#include "adapters/distributed/varnish_cdn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "adapters/distributed/curl_handle.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {

VarnishCdn::VarnishCdn(BlockingPool& pool, Options options) : pool_(pool), options_(std::move(options)) {
    constexpr std::string_view kScheme = "http://";
    const std::string& address = options_.address;
    if (!address.starts_with(kScheme) || address.size() == kScheme.size() ||
        address.find('/', kScheme.size()) != std::string::npos)
        throw std::runtime_error(
            fmt::format("cdn.purge must be http://HOST:PORT, several between commas, not \"{}\"", address));
    curl_ = std::make_unique<CurlHandle>();
}

VarnishCdn::~VarnishCdn() = default;

bool VarnishCdn::ask(const std::vector<std::string>& keys) {
    CURL* curl = curl_->fresh();
    const std::string header = fmt::format("Surrogate-Key: {}", fmt::join(keys, " "));
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{curl_slist_append(nullptr, header.c_str()),
                                                                     &curl_slist_free_all};
    const auto drop = +[](char*, std::size_t size, std::size_t count, void*) { return size * count; };
    curl_easy_setopt(curl, CURLOPT_URL, (options_.address + "/").c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PURGE");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.within.count()));
    if (curl_easy_perform(curl) != CURLE_OK) return false;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    // Asked again and again until somebody mends it: what it keeps is as old as it may be, not older.
    if (status != 200) log::warn("cdn.purge_refused", {{"address", options_.address}, {"status", status}});
    return status == 200;
}

Task<Result<std::monostate, ports::Cdn::Error>> VarnishCdn::purge(std::vector<std::string> keys) {
    MD_ASSERT(!keys.empty() && keys.size() <= kKeysMax);
    auto work = [this, given = std::move(keys)] { return ask(given); };
    const auto done = co_await blocking(pool_, std::move(work));
    if (!done || !*done) co_return fail(Error::unavailable);
    co_return std::monostate{};
}

}  // namespace marketday::adapters
