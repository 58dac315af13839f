// The server behind TLS, with a certificate made for the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "base/async/asio_executor.hpp"
#include "base/async/wait.hpp"
#include "http/server.hpp"

namespace marketday::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A key and a self-signed certificate in a directory of their own.
class Certificate {
public:
    Certificate() {
        std::string pattern = (std::filesystem::temp_directory_path() / "marketday-tls-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("shop"), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_sign(certificate, key, EVP_sha256());
        write(files().private_key_file,
              [&](FILE* file) { PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr); });
        write(files().certificate_chain_file, [&](FILE* file) { PEM_write_X509(file, certificate); });
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    ~Certificate() { std::filesystem::remove_all(directory_); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    TlsFiles files() const { return {(directory_ / "chain.pem").string(), (directory_ / "key.pem").string()}; }

private:
    template <class F>
    static void write(const std::string& path, F body) {
        FILE* file = std::fopen(path.c_str(), "w");
        body(file);
        std::fclose(file);
    }
    std::filesystem::path directory_;
};

Task<Response> later(const Request& request) {
    co_await sleep_for(milliseconds{5});
    Response response;
    response.content_type = "text/plain";
    response.body = std::string{request.body} + "!";
    co_return response;
}

std::vector<Route> tls_routes() {
    static constexpr int kStatuses[] = {200};
    Route big;
    big.pattern = "/big";
    big.statuses = kStatuses;
    big.handle_now = [](const Request&) {
        Response response;
        response.content_type = "text/plain";
        response.body = std::string(1'000'000, 'b');
        return response;
    };
    Route echo;
    echo.method = Method::post;
    echo.pattern = "/echo";
    echo.statuses = kStatuses;
    echo.handle = later;
    return {big, echo};
}

class HttpTls : public testing::Test {
protected:
    HttpTls() : guard_(io_.get_executor()) {
        ServerOptions options;
        options.tls = certificate_.files();
        options.limits.header_timeout = seconds{1};
        server_ = std::make_unique<Server>(io_, executor_, tls_routes(), std::move(options));
        server_->start();
        port_ = server_->port();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~HttpTls() override {
        asio::post(io_, [this] {
            server_.reset();
            io_.stop();
        });
        thread_.join();
    }

    Certificate certificate_;
    asio::io_context io_{1};
    AsioExecutor executor_{io_};
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

std::string read_to_end(asio::ssl::stream<tcp::socket>& stream) {
    std::string all;
    std::array<char, 65536> bytes{};
    boost::system::error_code error;
    while (!error) {
        const std::size_t got = stream.read_some(asio::buffer(bytes), error);
        all.append(bytes.data(), got);
    }
    // close_notify came: the answer was not cut off.
    EXPECT_EQ(error, asio::error::eof) << error.message();
    return all;
}

TEST_F(HttpTls, requests_are_pipelined_and_the_end_is_announced) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket> stream(io, context);
    static constexpr unsigned char kOffered[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(stream.native_handle(), kOffered, sizeof(kOffered) - 1);
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port_});
    stream.handshake(asio::ssl::stream_base::client);
    const unsigned char* chosen = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(stream.native_handle(), &chosen, &length);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
    const std::string requests =
        "GET /big HTTP/1.1\r\nHost: shop\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    asio::write(stream, asio::buffer(requests));
    const std::string all = read_to_end(stream);
    EXPECT_EQ(std::count(all.begin(), all.end(), 'b') >= 1'000'000, true);
    EXPECT_TRUE(all.ends_with("\r\n\r\nhello!"));
}

TEST_F(HttpTls, plain_http_and_silent_clients_are_cut_off) {
    asio::io_context io;
    tcp::socket plain(io);
    plain.connect({asio::ip::make_address("127.0.0.1"), port_});
    asio::write(plain, asio::buffer(std::string{"GET /big HTTP/1.1\r\nHost: shop\r\n\r\n"}));
    tcp::socket silent(io);
    silent.connect({asio::ip::make_address("127.0.0.1"), port_});
    std::array<char, 100> bytes{};
    boost::system::error_code error;
    while (!error) plain.read_some(asio::buffer(bytes), error);
    error = {};
    EXPECT_EQ(silent.read_some(asio::buffer(bytes), error), 0U);  // after header_timeout
    EXPECT_TRUE(error);
}

TEST(HttpTlsFiles, a_certificate_that_cannot_be_used_is_named) {
    asio::io_context io;
    AsioExecutor executor(io);
    ServerOptions options;
    options.tls = TlsFiles{"/nowhere/chain.pem", "/nowhere/key.pem"};
    Server server(io, executor, {}, options);
    try {
        server.start();
        FAIL() << "started without a certificate";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("/nowhere/chain.pem"));
    }
}

}  // namespace
}  // namespace marketday::http
