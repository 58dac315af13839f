#include "tests/support/bad_proxy.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <list>

namespace marketday {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Kind = BadProxy::Fault::Kind;

// The protocol of none of them, and long enough to be met in the middle of anything.
using namespace std::string_view_literals;
constexpr std::string_view kGarbage = "\x15\x03\x00 HTTP/1.1 400 Bad Request\r\n\xff\xfe\x00\x01\r\n"sv;

void reset(tcp::socket& socket) {
    Error ignored;
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket.close(ignored);
}

}  // namespace

struct BadProxy::Loop {
    /// One connection through the proxy. It lives as long as a handler or the list of all refers to it.
    struct Pair : std::enable_shared_from_this<Pair> {
        Pair(Loop& of_loop, tcp::socket taken) : loop(of_loop), client(std::move(taken)), server(of_loop.io) {}
        struct Flow {
            std::array<char, 4096> bytes{};
            std::string out;
            std::size_t passed = 0;  // since the fault was set
            std::uint64_t fault = 0;
        };
        tcp::socket& to(Way way) { return way == Way::to_server ? server : client; }
        tcp::socket& from(Way way) { return way == Way::to_server ? client : server; }

        void begin() {
            server.async_connect(loop.server, [self = shared_from_this()](const Error& error) {
                if (error) return self->close();
                Error ignored;
                self->client.set_option(tcp::no_delay{true}, ignored);
                self->server.set_option(tcp::no_delay{true}, ignored);
                self->read(Way::to_server);
                self->read(Way::to_client);
            });
        }
        void close() {
            Error ignored;
            client.close(ignored);
            server.close(ignored);
        }
        void read(Way way) {
            Flow& flow = flows[static_cast<std::size_t>(way)];
            from(way).async_read_some(asio::buffer(flow.bytes),
                                      [self = shared_from_this(), way](const Error& error, std::size_t count) {
                                          if (self->silent) return self->silent_read(way, !error);
                                          if (error) return self->close();
                                          self->pass(way, count);
                                      });
        }
        /// The kernel goes on to acknowledge, and nobody hears of anything.
        void silent_read(Way way, bool more) {
            if (more) read(way);
        }
        void pass(Way way, std::size_t count) {
            Flow& flow = flows[static_cast<std::size_t>(way)];
            if (flow.fault != loop.faults) flow.passed = 0;
            flow.fault = loop.faults;
            const Fault& fault = loop.fault;
            const std::string_view bytes{flow.bytes.data(), count};
            if (fault.kind == Kind::refuse) {
                ++loop.felt;
                reset(client);
                return reset(server);
            }
            const bool reached = fault.way == way && flow.passed + count > fault.after_bytes;
            const std::size_t good =
                fault.after_bytes > flow.passed ? std::min(count, fault.after_bytes - flow.passed) : 0;
            flow.passed += count;
            auto& most = loop.passed[static_cast<std::size_t>(way)];
            most = std::max(most.load(), flow.passed);
            if (reached && fault.kind != Kind::pass) ++loop.felt;
            flow.out = reached && fault.kind != Kind::pass && fault.kind != Kind::delay ? bytes.substr(0, good) : bytes;
            if (!reached) return write(way, Kind::pass);
            if (fault.kind == Kind::garbage) flow.out += std::string{kGarbage} + std::string{bytes.substr(good)};
            if (fault.kind == Kind::silence) silent = true;
            write(way, fault.kind);
        }
        void write(Way way, Kind kind) {
            if (kind == Kind::delay) {
                auto timer = std::make_shared<asio::steady_timer>(loop.io, loop.fault.delay);
                timer->async_wait(
                    [self = shared_from_this(), way, timer](const Error&) { self->write(way, Kind::pass); });
                return;
            }
            Flow& flow = flows[static_cast<std::size_t>(way)];
            asio::async_write(to(way), asio::buffer(flow.out),
                              [self = shared_from_this(), way, kind](const Error& error, std::size_t) {
                                  if (self->silent) return self->silent_read(way, !error);
                                  if (error) return self->close();
                                  if (kind == Kind::cut) {
                                      reset(self->client);
                                      return reset(self->server);
                                  }
                                  if (kind == Kind::truncate) return self->close();
                                  self->read(way);
                              });
        }

        Loop& loop;
        tcp::socket client;
        tcp::socket server;
        std::array<Flow, 2> flows;
        bool silent = false;
    };

    explicit Loop(int server_port)
        : server(asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(server_port)),
          acceptor(io, tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}) {}

    void accept() {
        acceptor.async_accept([this](const Error& error, tcp::socket taken) {
            if (error) return;
            if (fault.kind == Kind::refuse) {
                ++felt;
                reset(taken);
            } else
                std::make_shared<Pair>(*this, std::move(taken))->begin();
            accept();
        });
    }

    asio::io_context io{1};
    tcp::endpoint server;
    tcp::acceptor acceptor;
    Fault fault;
    std::uint64_t faults = 0;  // set so far
    std::atomic<std::size_t> felt{0};
    std::array<std::atomic<std::size_t>, 2> passed{};
};

BadProxy::BadProxy(int server_port) : loop_(std::make_unique<Loop>(server_port)) {
    loop_->accept();
    thread_ = std::thread([this] { loop_->io.run(); });
}

BadProxy::~BadProxy() {
    loop_->io.stop();
    thread_.join();
}

int BadProxy::port() const { return loop_->acceptor.local_endpoint().port(); }

void BadProxy::set(Fault fault) {
    std::promise<void> done;
    boost::asio::post(loop_->io, [this, fault, &done] {
        loop_->fault = fault;
        ++loop_->faults;
        loop_->felt = 0;
        for (auto& bytes : loop_->passed) bytes = 0;
        done.set_value();
    });
    done.get_future().get();
}

std::size_t BadProxy::felt() const { return loop_->felt; }
std::size_t BadProxy::passed(Way way) const { return loop_->passed[static_cast<std::size_t>(way)]; }

}  // namespace marketday
