#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/head_parser.hpp"
#include "http/negotiation.hpp"
#include "http/router.hpp"
#include "http/server_state.hpp"

namespace marketday::http {

/// A socket whose executor type is known, so that no operation goes through a type-erased one.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// What a connection is doing, which decides how long it may.
enum class Phase : std::uint8_t { idle, head, body, handling, writing, lingering, streaming };
inline constexpr std::size_t kPhases = 7;

/// One client's connection: reads requests, answers them in order, one under way at a time. Lives on the server's
/// thread. Kept alive by its pending operation or by the coroutine of its handler.
class Connection : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
                   public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Connection(std::shared_ptr<ServerState> server, const ClientAddress& peer);
    virtual ~Connection();

    /// Begins to read (after the handshake, with TLS).
    virtual void begin() = 0;
    void close();
    /// The phase's time is over.
    void expire();
    /// No more requests after the one under way.
    void begin_drain();

    /// The answer that has waited for its turn (WaitingRefusals).
    void answer_refusal(Response response);

    // For EventStream.
    bool push_events(std::string_view bytes);
    void end_stream();

    /// Whether closing it now, while idle, could lose a request: one waits unread, or the connection is new and its
    /// first request may have been read already but not yet handed over.
    bool may_lose_request() { return has_input() || (!answered_any_ && server_->now - since_ < milliseconds{500}); }

    Phase phase() const { return phase_; }
    Instant since() const { return since_; }

protected:
    using Error = boost::system::error_code;
    using Buffers = std::array<boost::asio::const_buffer, 2>;

    // What a transport does. `write_now` sends what the socket takes without waiting.
    virtual std::size_t write_now(const Buffers& buffers, Error& error) = 0;
    virtual void write_soon(const Buffers& buffers) = 0;  // All of it, then on_written.
    virtual void read_soon(char* at, std::size_t size) = 0;
    /// Tells the client that no more comes. True when the caller shall then read until the client closes too.
    virtual bool shut_down_sending(bool read_under_way) = 0;
    virtual void close_transport() = 0;
    virtual bool has_input() = 0;

    void on_read(const Error& error, std::size_t bytes);
    void on_written(const Error& error, std::size_t bytes);
    void on_ready();  // The transport can carry requests.
    bool is_closed() const { return closed_; }

private:
    enum class Stage : std::uint8_t { proxy_header, head, body, handling, streaming, ended };

    // Reading.
    /// Reads, answers and writes as far as it goes without waiting, after giving the answer or the refusal that made
    /// it run.
    void run(Response* late_answer, SyntaxError refusal);
    bool step();
    /// There was no memory: what has begun of the answer is taken back, and 503 is the last answer.
    void give_up();
    bool read_proxy_header();
    bool read_head();
    bool accept_head(std::size_t head_bytes);
    void forget_request();
    void identify_client();
    bool read_body();
    bool read_chunks();
    void await_body();
    void skip_empty_lines();
    void read_on();  // read_more, or the end of it
    void read_more();
    void grow_buffer(std::size_t capacity);
    void release_spare_memory();
    void put_back(std::string_view bytes);
    std::string_view unread() const { return {buffer_ + begin_, end_ - begin_}; }

    // Answering.
    std::optional<Response> refuse_by_head();
    /// What has arrived waits too long to be read.
    bool behind();
    bool dispatch();
    std::optional<Response> take_session(const usecases::Session& session);
    static Task<void> answer_later(boost::intrusive_ptr<Connection> self, std::string token);
    void answer(Response response);
    void answer_now(Response response);
    void answer_late(Response response);
    void refuse(SyntaxError error);
    void finish_request(int status);
    void begin_stream(std::shared_ptr<EventStream> stream);
    void forget_stream();

    // Writing.
    int append_ready(const Response& response);
    int append_plain(Response& response);
    void append_changing_headers();
    void append_large(std::shared_ptr<const void> owner, std::string_view body);
    void flush();
    void write_rest();
    void after_flush();
    void enter(Phase phase);

    static constexpr std::size_t kBufferBytes = 3 * 1024;

    std::shared_ptr<ServerState> server_;  // Shared: it must outlive every pending operation.
    Phase phase_ = Phase::idle;
    Stage stage_ = Stage::head;
    bool closed_ = false;
    bool reading_ = false;
    bool writing_ = false;
    bool running_ = false;
    bool keep_alive_ = true;
    bool ready_ = false;
    bool answered_any_ = false;
    bool lingering_ = false;
    Instant since_{};
    Instant request_start_{};

    char* buffer_;
    std::size_t capacity_ = kBufferBytes;
    std::size_t begin_ = 0;  // unread bytes: [begin_, end_)
    std::size_t end_ = 0;
    HeadScanner scanner_;
    std::optional<HeadParser> parser_;  // Kept for chunked bodies.
    Head head_;
    Request request_;
    usecases::Session session_;
    ClientAddress peer_;
    Router::Match match_;
    std::string body_;  // of a request whose body did not fit the buffer, or came in chunks
    bool body_apart_ = false;
    std::size_t body_have_ = 0;
    std::string chunks_;  // undecoded bytes of a chunked body
    std::size_t chunks_have_ = 0;
    std::optional<Response> refusal_;
    bool refusal_has_waited_ = false;
    std::shared_ptr<EventStream> stream_;  // shared with whoever pushes
    std::array<char, 2> trace_flags_{'0', '1'};

    std::string* out_ = nullptr;  // where answers gather while `run` runs
    std::size_t out_whole_ = 0;   // of it, bytes of whole answers
    std::string backlog_;         // answers that wait for the write under way
    std::string head_under_way_;
    std::shared_ptr<const void> tail_owner_;
    std::string_view tail_under_way_;
    std::array<char, kBufferBytes> own_buffer_;
};

using ConnectionPtr = boost::intrusive_ptr<Connection>;

ConnectionPtr make_plain_connection(std::shared_ptr<ServerState> server, Socket socket, const ClientAddress& peer);

}  // namespace marketday::http
