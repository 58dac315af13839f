#include "cli/addresses.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace marketday::cli {

ListenAddress parse_listen_address(std::string_view text, std::string_view setting) {
    const auto colon = text.rfind(':');
    ListenAddress listen;
    bool valid = colon != std::string_view::npos && colon > 0;
    if (valid) {
        auto address = text.substr(0, colon);
        if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
        listen.address = address;
        const auto port = text.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
        valid = error == std::errc{} && end == port.data() + port.size() && !listen.address.empty();
    }
    if (!valid)
        throw std::runtime_error(
            fmt::format("{} must be ADDR:PORT, for example 127.0.0.1:8080, not \"{}\"", setting, text));
    return listen;
}

std::string url_of(const ListenAddress& listen, std::uint16_t port, bool tls) {
    std::string host = listen.address;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

}  // namespace marketday::cli
