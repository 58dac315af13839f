#include "crowd/tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/assert.hpp"

namespace marketday::crowd {
namespace {

bool is_address(const std::string& host) {
    in6_addr any{};
    return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

struct TlsClient::Parts {
    SSL_CTX* context = nullptr;
    SSL_SESSION* session = nullptr;  // the last that the shop gave
    std::string host;
    bool checked = true;

    ~Parts() {
        SSL_SESSION_free(session);
        SSL_CTX_free(context);
    }
};

struct TlsStream::Parts {
    SSL* ssl = nullptr;
    BIO* incoming = nullptr;  // the network's bytes; both belong to ssl
    BIO* outgoing = nullptr;
    ~Parts() { SSL_free(ssl); }
};

TlsClient::TlsClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsClient>, Trouble> TlsClient::make(const std::string& host, const Trust& trust) {
    auto parts = std::make_unique<Parts>();
    parts->host = host;
    parts->checked = !trust.anybody;
    parts->context = SSL_CTX_new(TLS_client_method());
    MD_ASSERT(parts->context != nullptr);
    SSL_CTX_set_min_proto_version(parts->context, TLS1_2_VERSION);
    SSL_CTX_set_mode(parts->context, SSL_MODE_RELEASE_BUFFERS);  // Thousands wait most of the time.
    // The client keeps one session and puts it into the next connection by itself.
    SSL_CTX_set_session_cache_mode(parts->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(parts->context, parts.get());
    SSL_CTX_sess_set_new_cb(parts->context, [](SSL* ssl, SSL_SESSION* session) {
        auto* const owner = static_cast<Parts*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        SSL_SESSION_free(owner->session);
        owner->session = session;
        return 1;  // It is ours now.
    });
    if (parts->checked) {
        SSL_CTX_set_verify(parts->context, SSL_VERIFY_PEER, nullptr);
        const bool loaded = trust.authorities_file.empty()
                                ? SSL_CTX_set_default_verify_paths(parts->context) == 1
                                : SSL_CTX_load_verify_file(parts->context, trust.authorities_file.c_str()) == 1;
        if (!loaded) {
            ERR_clear_error();
            return fail(
                Trouble{fmt::format("{} holds no certificates to believe: give a PEM file of the authority, "
                                    "or of the shop itself",
                                    trust.authorities_file)});
        }
    }
    return std::shared_ptr<TlsClient>(new TlsClient(std::move(parts)));
}

TlsStream::TlsStream(TlsClient& client) : parts_(std::make_unique<Parts>()) {
    const TlsClient::Parts& shared = *client.parts_;
    parts_->ssl = SSL_new(shared.context);
    parts_->incoming = BIO_new(BIO_s_mem());
    parts_->outgoing = BIO_new(BIO_s_mem());
    MD_ASSERT(parts_->ssl != nullptr && parts_->incoming != nullptr && parts_->outgoing != nullptr);
    SSL_set_bio(parts_->ssl, parts_->incoming, parts_->outgoing);
    SSL_set_connect_state(parts_->ssl);
    const bool address = is_address(shared.host);
    if (!address) SSL_set_tlsext_host_name(parts_->ssl, shared.host.c_str());
    if (shared.checked) {
        X509_VERIFY_PARAM* const wanted = SSL_get0_param(parts_->ssl);
        if (address)
            X509_VERIFY_PARAM_set1_ip_asc(wanted, shared.host.c_str());
        else
            X509_VERIFY_PARAM_set1_host(wanted, shared.host.c_str(), shared.host.size());
    }
    if (shared.session != nullptr) SSL_set_session(parts_->ssl, shared.session);
}

TlsStream::~TlsStream() = default;

void TlsStream::note_failure() {
    const long verdict = SSL_get_verify_result(parts_->ssl);
    const char* const from_library = ERR_reason_error_string(ERR_peek_last_error());
    if (verdict != X509_V_OK)
        reason_ = fmt::format("the shop's certificate is not believed ({})", X509_verify_cert_error_string(verdict));
    else
        reason_ = from_library != nullptr ? from_library : "the TLS connection broke";
    ERR_clear_error();
}

TlsStream::Step TlsStream::shake_hands() {
    if (ready_) return Step::ready;
    const int done = SSL_do_handshake(parts_->ssl);
    if (done == 1) {
        ready_ = true;
        return Step::ready;
    }
    if (SSL_get_error(parts_->ssl, done) == SSL_ERROR_WANT_READ) return Step::wait;
    note_failure();
    return Step::failed;
}

void TlsStream::received(std::string_view bytes) {
    const int taken = BIO_write(parts_->incoming, bytes.data(), static_cast<int>(bytes.size()));
    MD_ASSERT(taken == static_cast<int>(bytes.size()));  // Memory takes all.
}

std::string TlsStream::take_outgoing() {
    std::string out(BIO_ctrl_pending(parts_->outgoing), '\0');
    if (!out.empty()) BIO_read(parts_->outgoing, out.data(), static_cast<int>(out.size()));
    return out;
}

bool TlsStream::write(std::string_view plain) {
    // Into memory, so whole or not at all.
    if (SSL_write(parts_->ssl, plain.data(), static_cast<int>(plain.size())) > 0) return true;
    note_failure();
    return false;
}

TlsStream::Got TlsStream::read(std::span<char> out, std::size_t& count) {
    if (SSL_read_ex(parts_->ssl, out.data(), out.size(), &count) == 1) return Got::bytes;
    count = 0;
    switch (SSL_get_error(parts_->ssl, 0)) {
        case SSL_ERROR_WANT_READ: return Got::nothing;
        case SSL_ERROR_ZERO_RETURN: return Got::end;
        default: note_failure(); return Got::broken;
    }
}

}  // namespace marketday::crowd
