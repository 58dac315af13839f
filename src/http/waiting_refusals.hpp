#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <deque>
#include <memory>

#include "base/time.hpp"
#include "http/message.hpp"
#include "http/pace.hpp"

namespace marketday::http {

class Connection;
struct ServerState;

/// Refusals for want of time that wait to be sent.
///
/// A refusal costs about a third of an order: receiving, reading the head, sending. When twice as many orders come as
/// can be taken, answering all the others at once would take most of the time that orders need, and who is refused at
/// once may ask again at once. So `per_second` go out as they are made; the others wait for their turn, first come
/// first served, none for longer than kWaitMax, and meanwhile cannot ask again by the same connection. It is the
/// back-pressure that a shop with limited connections has: who finds none waits in the kernel, which costs nothing.
class WaitingRefusals {
public:
    explicit WaitingRefusals(double per_second) : pace_(per_second) {}

    /// True: it will give `response`, which it has taken over, to the connection later.
    bool keep(const std::shared_ptr<ServerState>& server, Connection& connection, Response& response);
    std::size_t size() const { return waiting_.size(); }

    static constexpr milliseconds kWaitMax{1000};

private:
    struct Waiting {
        Instant since;
        boost::intrusive_ptr<Connection> connection;
        Response response;
    };
    static void go_on_soon(const std::shared_ptr<ServerState>& server);
    void go_on(const std::shared_ptr<ServerState>& server);

    Pace pace_;
    std::deque<Waiting> waiting_;
    bool goes_on_ = false;  // the next step is under way
};

}  // namespace marketday::http
