#include "adapters/distributed/redis_link.hpp"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <stdexcept>

namespace marketday::adapters {

RedisAddress redis_address_of(const std::string& server, const std::string& setting, const std::string& port) {
    const auto url = boost::urls::parse_uri(server);
    const bool good = url && (url->scheme() == "redis" || url->scheme() == "rediss") && !url->encoded_host().empty();
    if (!good)
        throw std::runtime_error(setting + " must be redis://HOST:PORT or rediss://HOST:PORT, several between commas");
    std::string path{url->encoded_path()};
    return {.host = url->host_address(),
            .port = url->has_port() ? std::string{url->port()} : port,
            .user = url->user(),
            .password = url->password(),
            .database = path.size() > 1 ? path.substr(1) : std::string{},
            .tls = url->scheme() == "rediss"};
}

std::string redis_encoded(const std::vector<std::string>& command) {
    std::string bytes = fmt::format("*{}\r\n", command.size());
    for (const auto& word : command) bytes += fmt::format("${}\r\n", word.size()) + word + "\r\n";
    return bytes;
}

RedisReply redis_read(const redisReply& reply) {
    RedisReply made;
    const auto text = [&reply] { return std::string{reply.str, static_cast<std::size_t>(reply.len)}; };
    switch (reply.type) {
        case REDIS_REPLY_INTEGER:
            made.kind = RedisReply::Kind::integer;
            made.integer = reply.integer;
            break;
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            made.kind = RedisReply::Kind::text;
            made.text = text();
            break;
        case REDIS_REPLY_ERROR:
            made.kind = RedisReply::Kind::error;
            made.text = text();
            break;
        case REDIS_REPLY_ARRAY:
            made.kind = RedisReply::Kind::list;
            for (std::size_t i = 0; i < reply.elements; ++i) made.list.push_back(redis_read(*reply.element[i]));
            break;
        default: break;
    }
    return made;
}

std::string redis_tls_refusal(SSL* ssl, const boost::system::error_code& error) {
    switch (const long verdict = SSL_get_verify_result(ssl); verdict) {
        case X509_V_OK: return "TLS was refused: " + error.message();
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_UNSPECIFIED:  // what Asio's check of the name leaves
            return "its certificate has the name of another host; name it as its certificate does";
        default:
            return fmt::format(
                "its certificate is not to be trusted ({}); redis_server.tls_ca names who vouches for it",
                X509_verify_cert_error_string(verdict));
    }
}

}  // namespace marketday::adapters
