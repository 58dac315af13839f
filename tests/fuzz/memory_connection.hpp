#pragma once

#include <algorithm>
#include <boost/asio/error.hpp>
#include <string>

#include "http/connection.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {

/// The server's own connection over memory: it is given bytes in pieces of any size, and what it sends is kept.
class MemoryConnection final : public http::Connection {
public:
    MemoryConnection(std::shared_ptr<http::ServerState> server, const http::ClientAddress& peer)
        : Connection(std::move(server), peer) {}

    void begin() override { on_ready(); }

    /// Gives it up to `size` bytes of what is left, as far as it wants to read. False when it reads no more.
    bool feed(std::string_view& left, std::size_t size) {
        if (read_at_ == nullptr || is_closed()) return false;
        size = std::min({size, read_size_, left.size()});
        std::copy_n(left.data(), size, read_at_);
        left.remove_prefix(size);
        read_at_ = nullptr;
        on_read({}, size);
        return true;
    }
    /// From now on the socket takes this many bytes at once, the rest with `take_written`.
    void write_at_once(std::size_t bytes_max) { at_once_max_ = bytes_max; }
    /// Takes what was left of an answer. False when nothing was.
    bool take_written() {
        if (!waiting_) return false;
        waiting_ = false;
        std::string bytes;
        bytes.swap(waiting_bytes_);
        sent_ += bytes;
        on_written({}, bytes.size());
        return true;
    }
    /// The client closes its side.
    void hang_up() {
        if (read_at_ == nullptr || is_closed()) return;
        read_at_ = nullptr;
        on_read(boost::asio::error::eof, 0);
    }

    const std::string& sent() const { return sent_; }
    bool was_closed() const { return is_closed(); }
    bool has_ended() const { return ended_sending_; }

private:
    std::size_t write_now(const Buffers& buffers, Error&) override {
        std::size_t bytes = 0;
        for (const auto& buffer : buffers) {
            const std::size_t taken = std::min(buffer.size(), at_once_max_ - bytes);
            sent_.append(static_cast<const char*>(buffer.data()), taken);
            bytes += taken;
        }
        return bytes;
    }
    void write_soon(const Buffers& buffers) override {
        for (const auto& buffer : buffers) {
            waiting_bytes_.append(static_cast<const char*>(buffer.data()), buffer.size());
        }
        waiting_ = true;
    }
    void read_soon(char* at, std::size_t size) override {
        FUZZ_REQUIRE(size > 0);
        read_at_ = at;
        read_size_ = size;
    }
    bool shut_down_sending(bool) override {
        ended_sending_ = true;
        return true;
    }
    void close_transport() override { read_at_ = nullptr; }
    bool has_input() override { return false; }

    char* read_at_ = nullptr;
    std::size_t read_size_ = 0;
    std::size_t at_once_max_ = std::string::npos / 2;
    bool waiting_ = false;
    bool ended_sending_ = false;
    std::string waiting_bytes_;
    std::string sent_;
};

}  // namespace marketday::fuzz
