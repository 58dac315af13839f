#pragma once

#include "http/pages/layout.hpp"

namespace marketday::http::pages {

/// Turns a problem into a page that a person can read and act on, if that is what the client wants: its Accept names
/// text/html and the address is not one of the API. A page that needs a session leads to the log-in, and back.
/// The status and every header stay.
void dress_problem(const Site& site, const Request& request, Response& response);

/// Whether the request is a browser's for a page.
bool wants_page(const Request& request);

}  // namespace marketday::http::pages
