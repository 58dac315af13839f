#include "cli/admin_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/url.hpp>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/local_deed.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

constexpr int kAnswerSecondsMax = 60;
constexpr std::size_t kAnswerBytesMax = 256U * 1024 * 1024;

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}} : std::string{};
}

struct Place {
    std::string url;
    std::string token;
};

Place read_admin_file(const std::string& data_dir) {
    const std::string path = data_dir + "/admin.json";
    std::ifstream in(path);
    if (!in)
        throw CommandError{fmt::format("cannot read {}: start the shop with `marketday serve --data {}`, or give --url",
                                       path, data_dir)};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    json::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object())
        throw CommandError{fmt::format("{} is not what `serve` writes: start it again", path)};
    return {text_of(value.get_object(), "url"), text_of(value.get_object(), "token")};
}

Place find_place(const AdminTarget& target) {
    if (target.url.empty()) return read_admin_file(target.data_dir.empty() ? "data" : target.data_dir);
    const char* token = std::getenv("MARKETDAY_OPERATOR_TOKEN");
    if (token != nullptr && *token != '\0') return {target.url, token};
    if (!target.data_dir.empty()) return {target.url, read_admin_file(target.data_dir).token};
    throw CommandError{"no operator's token: set MARKETDAY_OPERATOR_TOKEN, or give --data DIR on the server's machine"};
}

bool equal_no_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

std::string_view header(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
        const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
        const std::string_view line = head.substr(at + 2, end - at - 2);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && equal_no_case(line.substr(0, colon), name)) {
            std::string_view value = line.substr(colon + 1);
            while (value.starts_with(' ')) value.remove_prefix(1);
            return value;
        }
        at = end >= head.size() ? std::string_view::npos : end;
    }
    return {};
}

template <class T>
T number(std::string_view text, int base, std::string_view what) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end == text.data())
        throw CommandError{fmt::format("the server's answer has no valid {}: is this its admin address?", what)};
    return value;
}

}  // namespace

void AdminTarget::add_to(CLI::App& command) {
    command.add_option("--data", data_dir, "Data directory of a shop that serves on this machine (default: data)");
    command.add_option("--url", url, "Admin address of a running shop; token in MARKETDAY_OPERATOR_TOKEN");
    command.add_flag("--json", json, "Print JSON for programs");
}

AdminClient::AdminClient(const AdminTarget& target) {
    Place place = find_place(target);
    *this = std::move(AdminClient{std::move(place.url), std::move(place.token)});
}

AdminClient& AdminClient::operator=(AdminClient&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(port_, other.port_);
    std::swap(token_, other.token_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(buffer_, other.buffer_);
    return *this;
}

AdminClient::AdminClient(std::string url, std::string token) : token_(std::move(token)) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || parsed->scheme() != "http")
        throw CommandError{fmt::format("--url {} is not an address like http://127.0.0.1:8081", url)};
    host_ = parsed->host_address();
    port_ = parsed->has_port() ? std::string{parsed->port()} : "80";
}

AdminClient::~AdminClient() { close(); }

void AdminClient::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    buffer_.clear();
}

void AdminClient::connect() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found); code != 0)
        throw CommandError{fmt::format("{} is unknown: {}", host_, ::gai_strerror(code))};
    int error = 0;
    for (const addrinfo* place = found; place != nullptr && descriptor_ < 0; place = place->ai_next) {
        descriptor_ = ::socket(place->ai_family, place->ai_socktype | SOCK_CLOEXEC, place->ai_protocol);
        if (descriptor_ >= 0 && ::connect(descriptor_, place->ai_addr, place->ai_addrlen) == 0) break;
        error = errno;
        close();
    }
    ::freeaddrinfo(found);
    if (descriptor_ < 0)
        throw CommandError{
            fmt::format("nobody answers at {}:{} ({}): is the shop serving?", host_, port_, std::strerror(error))};
    const timeval wait{kAnswerSecondsMax, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// False when the connection is gone.
bool AdminClient::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool AdminClient::receive_more() {
    if (buffer_.size() > kAnswerBytesMax) throw CommandError{"the server's answer is too long"};
    char piece[64 * 1024];
    for (;;) {
        const ssize_t got = ::recv(descriptor_, piece, sizeof piece, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        buffer_.append(piece, static_cast<std::size_t>(got));
        return true;
    }
}

AdminClient::Answer AdminClient::receive_answer(bool head_only) {
    const auto need = [this](bool there) {
        if (!there)
            throw CommandError{
                "the connection broke before the whole answer came; it may have happened: look, then try again"};
    };
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) need(receive_more());
    const std::string head = buffer_.substr(0, end);
    buffer_.erase(0, end + 4);
    if (!head.starts_with("HTTP/1.") || head.size() < 12)
        throw CommandError{"the answer is not HTTP: is this the shop's admin address?"};
    Answer answer{
        number<int>(std::string_view{head}.substr(9, 3), 10, "status"), std::string{header(head, "Content-Type")}, {}};
    const bool empty = head_only || answer.status == 204 || answer.status == 304;
    if (empty) {
    } else if (equal_no_case(header(head, "Transfer-Encoding"), "chunked")) {
        for (;;) {
            std::size_t line = 0;
            while ((line = buffer_.find("\r\n")) == std::string::npos) need(receive_more());
            const auto size = number<std::size_t>(buffer_, 16, "chunk");
            while (buffer_.size() < line + 2 + size + 2) need(receive_more());
            answer.body.append(buffer_, line + 2, size);
            buffer_.erase(0, line + 2 + size + 2);
            if (size == 0) break;
        }
    } else if (const auto length_text = header(head, "Content-Length"); !length_text.empty()) {
        const auto length = number<std::size_t>(length_text, 10, "length");
        while (buffer_.size() < length) need(receive_more());
        answer.body = buffer_.substr(0, length);
        buffer_.erase(0, length);
    } else {
        while (receive_more()) {
        }
        answer.body = std::exchange(buffer_, {});
        close();
        return answer;
    }
    if (equal_no_case(header(head, "Connection"), "close")) close();
    return answer;
}

AdminClient::Answer AdminClient::call(std::string_view method, std::string_view target, std::string_view body,
                                      std::string_view content_type) {
    std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\nX-Local-User: {}\r\n"
        "Accept: application/json\r\n",
        method, target, host_, port_, token_, local_user());
    if (!body.empty() || method == "POST" || method == "PATCH")
        request += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", content_type, body.size());
    request += "\r\n";
    request += body;
    // A kept connection may have been closed meanwhile. If not a byte of an answer comes, it is opened again once, but
    // only for what may safely be sent twice.
    const bool kept = descriptor_ >= 0;
    const bool repeatable = method == "GET" || method == "HEAD";
    if (!kept) connect();
    const bool sent = send_all(request);
    if (kept && (!sent || (repeatable && buffer_.empty() && !receive_more()))) {
        close();
        connect();
        if (!send_all(request))
            throw CommandError{fmt::format("the connection to {}:{} broke: try again", host_, port_)};
    } else if (!sent) {
        // An answer may have come before the whole request was taken ("too large").
        if (buffer_.empty() && !receive_more())
            throw CommandError{fmt::format("the connection to {}:{} broke: try again", host_, port_)};
    }
    try {
        return receive_answer(method == "HEAD");
    } catch (...) {
        close();
        throw;
    }
}

std::string AdminClient::must(std::string_view method, std::string_view target, std::string_view body,
                              std::string_view content_type) {
    Answer answer = call(method, target, body, content_type);
    if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
    json::error_code error;
    const auto value = json::parse(answer.body, error);
    std::string text;
    if (!error && value.is_object()) {
        text = text_of(value.get_object(), "title");
        const std::string detail = text_of(value.get_object(), "detail");
        if (!detail.empty()) text += (text.empty() ? "" : " ") + detail;
    }
    if (text.empty()) text = fmt::format("the server answered {}", answer.status);
    if (answer.status == 401) text += " (its token is in admin.json of the data directory while the shop serves)";
    throw CommandError{std::move(text), 1};
}

int report_error(const CommandError& error) {
    fmt::print(stderr, "marketday: {}\n", error.message);
    return error.exit_code;
}

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain)
            out.push_back(c);
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

}  // namespace marketday::cli
