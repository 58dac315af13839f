#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace marketday::cli {

struct ListenAddress {
    std::string address;
    std::uint16_t port = 0;
};
/// "127.0.0.1:8080" or "[::1]:8080". Throws std::runtime_error that names `setting`.
ListenAddress parse_listen_address(std::string_view text, std::string_view setting);

/// "http://127.0.0.1:8080"; a wildcard address becomes loopback.
std::string url_of(const ListenAddress& listen, std::uint16_t port, bool tls);

}  // namespace marketday::cli
