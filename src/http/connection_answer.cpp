// How a Connection comes from a request to its answer; reading is in connection.cpp, sending in connection_write.cpp.

#include "http/connection.hpp"

#include "base/assert.hpp"
#include "base/memory_reserve.hpp"
#include "http/event_stream.hpp"
#include "http/phases.hpp"
#include "http/refusals.hpp"
#include "http/server_state.hpp"
#include "http/trace_context.hpp"

namespace marketday::http {
namespace {

constexpr milliseconds kProbeAfter{10};

}  // namespace

std::optional<Response> Connection::refuse_by_head() {
    using Kind = Router::Match::Kind;
    switch (match_.kind) {
        case Kind::no_such_path: return refusals::not_found();
        case Kind::bad_escape: return refusals::bad_escape();
        case Kind::no_such_method:
            return request_.method == Method::options ? refusals::options(*match_.of_path)
                                                      : refusals::method_not_allowed(*match_.of_path);
        case Kind::found: break;
    }
    const Route& route = *match_.route;
    if (route.refused_when_behind && behind()) return refusals::busy();
    if (route.access == Access::operator_) {
        if (!server_->options.refuse_operator) return refusals::sign_in_needed();
        if (auto refused = server_->options.refuse_operator(request_)) return refused;
    }
    if (route.access == Access::session && request_.session_token().empty()) return refusals::sign_in_needed();
    if (route.idempotency_key && !refusals::is_idempotency_key(request_.header("idempotency-key"))) {
        return refusals::idempotency_key_missing();
    }
    if (!head_.chunked && head_.content_length > route.body_bytes_max) {
        return problem(describe(SyntaxError::body_too_large));
    }
    return std::nullopt;
}

bool Connection::behind() {
    if (!server_->lag.decides()) return false;
    if (!server_->lag.probing()) {
        const Instant due = server_->now + kProbeAfter;
        server_->lag.probe_sent(server_->now, due);
        server_->executor.at(due, [server = server_] { server->lag.probe_came(server->executor.now()); });
    }
    if (!server_->lag.too_long(server_->now)) return false;
    server_->figures.behind_total.fetch_add(1, std::memory_order_relaxed);
    return true;
}

std::optional<Response> Connection::take_session(const usecases::Session& session) {
    session_ = session;
    request_.session = &session_;
    const bool safe = request_.method == Method::get || request_.method == Method::head;
    if (safe || !request_.session_by_cookie() || request_.header("x-csrf-token") == session_.csrf_token) {
        return std::nullopt;
    }
    return refusals::csrf_token_wrong();
}

bool Connection::dispatch() {
    stage_ = Stage::handling;
    if (refusal_) {
        answer(std::move(*refusal_));
        return true;
    }
    const Route& route = *match_.route;
    std::string unknown_token;
    std::optional<Response> response;
    try {
        if (route.access == Access::session) {
            MD_ASSERT(server_->options.authenticate != nullptr);
            const std::string_view token = request_.session_token();
            if (const usecases::Session* session = server_->options.authenticate->cached(token)) {
                response = take_session(*session);
            } else {
                unknown_token = token;
            }
        }
        if (!response && unknown_token.empty() && route.handle_now) response = route.handle_now(request_);
    } catch (const std::exception& failure) {
        Trace trace(request_.trace_id, request_start_);
        const TraceScope scope(&trace);
        const MustSucceed reserve;
        response = refusals::internal_error(route, failure);
    }
    if (response) {
        answer(std::move(*response));
        return true;
    }
    spawn_now(server_->executor, "http.answer", answer_later(ConnectionPtr(this), std::move(unknown_token)));
    return stage_ != Stage::handling;
}

Task<void> Connection::answer_later(ConnectionPtr self, std::string token) {
    const Route& route = *self->match_.route;
    std::optional<Response> response;
    Trace trace(self->request_.trace_id, self->request_start_);
    self->request_.trace = &trace;
    co_await traced_as(&trace);
    try {
        if (!token.empty()) {
            const auto found = co_await self->server_->options.authenticate->find(std::move(token));
            trace.add("session", self->request_start_, self->server_->executor.now());
            if (!found) {
                response = refusals::unavailable();
            } else if (!*found) {
                response = refusals::sign_in_needed();
            } else {
                response = self->take_session(**found);
                if (!response && route.handle_now) response = route.handle_now(self->request_);
            }
        }
        if (!response) {
            MD_ASSERT(route.handle);
            response = co_await route.handle(self->request_);
        }
    } catch (const std::exception& failure) {
        const MustSucceed reserve;
        response = refusals::internal_error(route, failure);
    }
    // What this call leads to, be it the next request of the connection, is not this request's.
    const TraceScope scope(nullptr);
    self->answer_late(std::move(*response));
}

void Connection::answer_late(Response response) {
    if (closed_) return;
    server_->now = std::chrono::steady_clock::now();
    if (!running_) return run(&response, SyntaxError::none);
    try {
        const GivesUp scope;
        answer(std::move(response));
    } catch (const std::bad_alloc&) {
        if (!closed_) give_up();
    }
}

void Connection::answer_refusal(Response response) {
    refusal_has_waited_ = true;
    answer_late(std::move(response));
}

void Connection::answer(Response response) {
    const bool for_want_of_time =
        response.status == 503 && match_.route != nullptr && match_.route->refused_when_behind;
    if (for_want_of_time && !std::exchange(refusal_has_waited_, false) &&
        server_->refusals.keep(server_, *this, response)) {
        request_.trace = nullptr;  // its coroutine's, which ends now
        return;
    }
    answer_now(std::move(response));
}

void Connection::answer_now(Response response) {
    if (response.stream) return begin_stream(std::move(response.stream));
    if (response.status >= 400 && server_->options.dress_problem && !response.ready) {
        server_->options.dress_problem(request_, response);
    }
    const int status = response.ready ? append_ready(response) : append_plain(response);
    finish_request(status);
}

void Connection::refuse(SyntaxError error) {
    if (error != SyntaxError::out_of_memory) server_->figures.malformed_total.fetch_add(1, std::memory_order_relaxed);
    forget_request();
    keep_alive_ = false;
    trace_flags_ = continue_trace({}, server_->trace_random, request_.trace_id, request_.span_id);
    request_.client = peer_;
    request_start_ = server_->now;
    answer(problem(describe(error)));
}

void Connection::finish_request(int status) {
    const MustSucceed scope;
    out_whole_ = out_->size();
    server_->figures.answers_by_class[static_cast<std::size_t>(status / 100 % 6)].fetch_add(1,
                                                                                            std::memory_order_relaxed);
    if (server_->options.observe) {
        server_->options.observe(request_, match_.route, status, std::chrono::steady_clock::now() - request_start_);
    }
    answered_any_ = true;
    stage_ = keep_alive_ ? Stage::head : Stage::ended;
    request_.session = nullptr;
    request_.trace = nullptr;
    if (keep_alive_ && head_.chunked) {
        put_back({chunks_.data(), chunks_have_});
        chunks_have_ = 0;
    }
}

}  // namespace marketday::http
