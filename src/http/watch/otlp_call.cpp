#include "http/watch/otlp_call.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace marketday::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;

/// One call: resolve, connect, write, read; whatever fails ends it without a status.
class Call {
public:
    Call(asio::io_context& io, const OtlpAddress& to, std::string body, std::chrono::milliseconds timeout)
        : resolver_(io), stream_(io), timeout_(timeout), request_(beast::http::verb::post, to.path, 11) {
        request_.set(beast::http::field::host, to.host + ":" + to.port);
        request_.set(beast::http::field::content_type, "application/json");
        request_.set(beast::http::field::user_agent, "marketday");
        request_.set(beast::http::field::connection, "close");
        request_.body() = std::move(body);
        request_.prepare_payload();
        parser_.body_limit(256 * 1024);
    }

    void begin(const OtlpAddress& to) {
        resolver_.async_resolve(to.host, to.port, [this](const Error& error, const auto& found) {
            if (error) return;
            stream_.expires_after(timeout_);
            stream_.async_connect(found, [this](const Error& refused, const auto&) {
                if (!refused) write();
            });
        });
    }
    int status() const { return status_; }

private:
    void write() {
        beast::http::async_write(stream_, request_, [this](const Error& error, std::size_t) {
            if (!error) read();
        });
    }
    void read() {
        beast::http::async_read(stream_, buffer_, parser_, [this](const Error& error, std::size_t) {
            if (!error) status_ = parser_.get().result_int();
        });
    }

    asio::ip::tcp::resolver resolver_;
    beast::tcp_stream stream_;
    std::chrono::milliseconds timeout_;
    beast::http::request<beast::http::string_body> request_;
    beast::http::response_parser<beast::http::string_body> parser_;
    beast::flat_buffer buffer_;
    int status_ = 0;
};

}  // namespace

int post_json(const OtlpAddress& to, std::string body, std::chrono::milliseconds timeout) {
    asio::io_context io{1};
    Call call(io, to, std::move(body), timeout);
    call.begin(to);
    io.run_for(timeout * 2);
    return call.status();
}

}  // namespace marketday::http
