#include "http/tls_connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>

#include "base/memory_reserve.hpp"

namespace marketday::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
    static constexpr unsigned char kSpoken[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, kSpoken, sizeof(kSpoken) - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsContext::Native {
    ssl::context context{ssl::context::tls_server};
};

TlsContext::TlsContext(const TlsFiles& files) : native_(std::make_unique<Native>()) {
    ssl::context& context = native_->context;
    context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                        ssl::context::no_compression);
    boost::system::error_code error;
    context.use_certificate_chain_file(files.certificate_chain_file, error);
    if (error) {
        throw std::runtime_error(fmt::format("cannot use the TLS certificate '{}': {}; give a PEM file",
                                             files.certificate_chain_file, error.message()));
    }
    context.use_private_key_file(files.private_key_file, ssl::context::pem, error);
    if (error) {
        throw std::runtime_error(fmt::format("cannot use the TLS key '{}': {}; give the PEM key of that certificate",
                                             files.private_key_file, error.message()));
    }
    SSL_CTX_set_alpn_select_cb(context.native_handle(), choose_protocol, nullptr);
    // An idle connection then keeps no buffers.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
}

TlsContext::~TlsContext() = default;

namespace {

class TlsConnection final : public Connection {
public:
    TlsConnection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer, ssl::context& context)
        : Connection(std::move(server), peer), stream_(std::move(socket), context) {}

    void begin() override {
        stream_.async_handshake(ssl::stream_base::server, [self = Self(this)](const Error& error) {
            if (self->is_closed()) return;
            if (error) return self->close();
            self->on_ready();
        });
    }

private:
    using Self = boost::intrusive_ptr<TlsConnection>;

    // Encryption needs its own buffers, so nothing is written without waiting.
    std::size_t write_now(const Buffers&, Error&) override { return 0; }

    void write_soon(const Buffers& buffers) override {
        from_reserve([this, &buffers] {
            asio::async_write(stream_, buffers, [self = Self(this)](const Error& error, std::size_t bytes) {
                self->on_written(error, bytes);
            });
        });
    }

    void read_soon(char* at, std::size_t size) override {
        from_reserve([this, at, size] {
            stream_.async_read_some(asio::buffer(at, size), [self = Self(this)](const Error& error, std::size_t bytes) {
                self->on_read(error, bytes);
            });
        });
    }

    bool shut_down_sending(bool read_under_way) override {
        // A stream takes one operation at a time. close_notify leaves with the shutdown; the peer's own may come or
        // not.
        if (read_under_way) {
            close();
        } else {
            stream_.async_shutdown([self = Self(this)](const Error&) { self->close(); });
        }
        return false;
    }

    void close_transport() override {
        Error ignored;
        stream_.next_layer().close(ignored);
    }

    bool has_input() override {
        char byte = 0;
        return ::recv(stream_.next_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }

    ssl::stream<Socket> stream_;
};

}  // namespace

ConnectionPtr make_tls_connection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer,
                                  TlsContext& context) {
    return ConnectionPtr(new TlsConnection(std::move(server), std::move(socket), peer, context.native().context));
}

}  // namespace marketday::http
