#pragma once

#include "http/watch/request_figures.hpp"
#include "http/watch/trace_export.hpp"
#include "http/watch/trace_store.hpp"

namespace marketday::http {

/// Told of every answer of one listener: counts it, keeps it when it was slow or failed, and hands it to the exporter
/// when it is to be exported. What most requests cost is the counting.
class RequestWatch {
public:
    /// They live longer; `exporter` may be null.
    RequestWatch(RequestFigures& figures, TraceStore& store, TraceExport* exporter)
        : figures_(figures), store_(store), exporter_(exporter) {}

    void operator()(const Request& request, const Route* route, int status, std::chrono::nanoseconds took) const {
        figures_.observe(route, status, took);
        const bool remarkable = status >= 500 || store_.is_slow(took);
        const bool exported = exporter_ != nullptr && (remarkable || exporter_->samples(request.trace_id));
        const bool ordered = !remarkable && request.trace != nullptr && placed_order(request, route, status) &&
                             store_.samples_order(request.trace->last_end());
        if (!remarkable && !exported && !ordered) return;
        const FinishedRequest done = finished_request(figures_.listener(), request, route, status, took);
        if (remarkable) store_.add(done);
        if (ordered) store_.add_order(done);
        if (exported) exporter_->add(done);
    }

private:
    /// By the API or by the page's form.
    static bool placed_order(const Request& request, const Route* route, int status) {
        if (request.method != Method::post || route == nullptr) return false;
        return (status == 201 && route->operation_id == "placeOrder") ||
               (status == 303 && route->operation_id == "orderPage");
    }

    RequestFigures& figures_;
    TraceStore& store_;
    TraceExport* exporter_;
};

}  // namespace marketday::http
