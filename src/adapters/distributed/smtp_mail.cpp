#include "adapters/distributed/smtp_mail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "adapters/distributed/curl_handle.hpp"
#include "adapters/stored/letter_text.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

constexpr std::size_t kRememberedMax = 10'000;

struct Upload {
    std::string_view left;
    bool all_sent = false;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* of) {
    auto& upload = *static_cast<Upload*>(of);
    const std::size_t bytes = std::min(size * count, upload.left.size());
    std::memcpy(into, upload.left.data(), bytes);
    upload.left.remove_prefix(bytes);
    upload.all_sent = upload.left.empty();
    return bytes;
}

/// 5xx about the letter or its reader; those about who we are and how we speak are the operator's to mend.
bool is_refusal(long code) { return code >= 550 && code <= 559 && code != 555; }

}  // namespace

struct SmtpMail::Wire {
    CurlHandle curl;
    std::unordered_set<std::string> known;  // handed over, the latest of them
    std::deque<std::string> known_in_order;

    void remember(std::string id) {
        known_in_order.push_back(id);
        known.insert(std::move(id));
        if (known_in_order.size() <= kRememberedMax) return;
        known.erase(known_in_order.front());
        known_in_order.pop_front();
    }
};

SmtpMail::SmtpMail(BlockingPool& pool, Options options)
    : pool_(pool), options_(std::move(options)), wire_(std::make_unique<Wire>()) {
    if (!options_.server.starts_with("smtp://") && !options_.server.starts_with("smtps://"))
        throw std::runtime_error("mail.server must be smtp://HOST:PORT or smtps://HOST:PORT");
    const auto safe = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' && c != '>'; };
    if (options_.sender.find('@') == std::string::npos || !std::ranges::all_of(options_.sender, safe))
        throw std::runtime_error(
            fmt::format("mail.sender must be an address such as shop@example.com, not \"{}\"", options_.sender));
}

SmtpMail::~SmtpMail() = default;

Result<std::monostate, ports::Mail::Error> SmtpMail::hand_over(const Letter& letter) {
    const std::string id = letter.id.to_string();
    if (wire_->known.contains(id)) return std::monostate{};
    const std::string message = to_message(letter, options_.sender, options_.sender_name);
    Upload upload{.left = message};
    CURL* curl = wire_->curl.fresh();
    const auto reader_address = "<" + letter.to + ">";
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> readers{curl_slist_append(nullptr, reader_address.c_str()),
                                                                     &curl_slist_free_all};
    std::array<char, CURL_ERROR_SIZE> why{};
    const long ssl = options_.tls == Tls::required  ? CURLUSESSL_ALL
                     : options_.tls == Tls::offered ? CURLUSESSL_TRY
                                                    : CURLUSESSL_NONE;
    curl_easy_setopt(curl, CURLOPT_URL, options_.server.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, ssl);
    if (!options_.tls_ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.tls_ca.c_str());
    if (!options_.user.empty()) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, options_.user.c_str());
        curl_easy_setopt(curl, CURLOPT_PASSWORD, options_.password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + options_.sender + ">").c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, readers.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.within.count() / 2));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.within.count()));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
    const CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK) {
        figures_.handed_over.fetch_add(1);
        wire_->remember(id);
        return std::monostate{};
    }
    long code = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    const std::string_view words = why[0] != '\0' ? why.data() : curl_easy_strerror(result);
    if (is_refusal(code)) {
        figures_.refused.fetch_add(1);
        log::warn("mail.refused", {{"letter", id}, {"code", code}});
        return fail(Error::refused);
    }
    figures_.failed.fetch_add(1);
    log::warn("mail.not_handed_over", {{"letter", id}, {"code", code}, {"why", words}});
    // Once the server has all of it, only its answer tells, and an answer of 4xx or 5xx is one.
    const bool answered = code >= 400;
    return fail(upload.all_sent && !answered ? Error::outcome_unknown : Error::unavailable);
}

Task<Result<std::monostate, ports::Mail::Error>> SmtpMail::send(Letter letter) {
    MD_ASSERT(is_safe_letter(letter));
    auto work = [this, given = std::move(letter)] { return hand_over(given); };
    auto sent = co_await blocking(pool_, std::move(work));
    if (!sent) co_return fail(Error::unavailable);
    co_return std::move(*sent);
}

}  // namespace marketday::adapters
