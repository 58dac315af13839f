#pragma once

#include <memory>

#include "http/connection.hpp"

namespace marketday::http {

/// Certificate, key and settings (TLS 1.2 and later, ALPN http/1.1) of a listener.
class TlsContext {
public:
    /// Throws std::runtime_error naming the file that cannot be used.
    explicit TlsContext(const TlsFiles& files);
    ~TlsContext();

    struct Native;
    Native& native() const { return *native_; }

private:
    std::unique_ptr<Native> native_;
};

/// `context` must outlive the handshake's start only; OpenSSL counts the rest.
ConnectionPtr make_tls_connection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer,
                                  TlsContext& context);

}  // namespace marketday::http
