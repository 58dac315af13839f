#pragma once

#include <curl/curl.h>

#include <mutex>
#include <new>

namespace marketday::adapters {

/// libcurl's handle of one request at a time, with the connections that it keeps between requests. Made on any thread.
class CurlHandle {
public:
    CurlHandle() {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        curl_ = curl_easy_init();
        if (curl_ == nullptr) throw std::bad_alloc{};
    }
    ~CurlHandle() { curl_easy_cleanup(curl_); }
    CurlHandle(const CurlHandle&) = delete;
    CurlHandle& operator=(const CurlHandle&) = delete;

    /// Without the last request's options; its connection stays.
    CURL* fresh() {
        curl_easy_reset(curl_);
        return curl_;
    }

private:
    CURL* curl_ = nullptr;
};

}  // namespace marketday::adapters
