#include <sys/socket.h>

#include <boost/asio/write.hpp>

#include "base/memory_reserve.hpp"
#include "http/connection.hpp"

namespace marketday::http {
namespace {

namespace asio = boost::asio;

class PlainConnection final : public Connection {
public:
    PlainConnection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer)
        : Connection(std::move(server), peer), socket_(std::move(socket)) {}

    void begin() override { on_ready(); }

private:
    using Self = boost::intrusive_ptr<PlainConnection>;

    std::size_t write_now(const Buffers& buffers, Error& error) override {
        // One plain send(2) for the usual single buffer: cheaper than building a vector for sendmsg(2).
        ssize_t sent = 0;
        if (buffers[1].size() == 0) {
            sent = ::send(socket_.native_handle(), buffers[0].data(), buffers[0].size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        } else {
            std::array<iovec, 2> pieces{};
            for (std::size_t i = 0; i < pieces.size(); ++i) {
                pieces[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
            }
            msghdr message{};
            message.msg_iov = pieces.data();
            message.msg_iovlen = pieces.size();
            sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            error.assign(errno, boost::system::system_category());
        return 0;
    }

    void write_soon(const Buffers& buffers) override {
        from_reserve([this, &buffers] {
            asio::async_write(socket_, buffers, [self = Self(this)](const Error& error, std::size_t bytes) {
                self->on_written(error, bytes);
            });
        });
    }

    void read_soon(char* at, std::size_t size) override {
        from_reserve([this, at, size] {
            socket_.async_read_some(asio::buffer(at, size), [self = Self(this)](const Error& error, std::size_t bytes) {
                self->on_read(error, bytes);
            });
        });
    }

    bool shut_down_sending(bool) override {
        Error ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
        return true;
    }

    void close_transport() override {
        Error ignored;
        socket_.close(ignored);
    }

    bool has_input() override {
        char byte = 0;
        return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }

    Socket socket_;
};

}  // namespace

ConnectionPtr make_plain_connection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer) {
    return ConnectionPtr(new PlainConnection(std::move(server), std::move(socket), peer));
}

}  // namespace marketday::http
