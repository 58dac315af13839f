#pragma once

#include "http/pages/layout.hpp"

namespace marketday::http::pages {

/// Turns a problem into a page that a person can read and act on, if that is what the client wants: its Accept names
/// text/html and the address is not one of the API. A page that needs a session leads to the log-in, and back.
/// The status and every header stay.
void dress_problem(const Site& site, const Request& request, Response& response);

/// The whole answer to whoever finds the shop without room for a connection, before it is known who asks for what: a
/// small page in every language that tries again by itself. For ServerOptions::full_answer.
std::string full_house_answer(const Site& site);

/// Whether the request is a browser's for a page.
bool wants_page(const Request& request);

}  // namespace marketday::http::pages
