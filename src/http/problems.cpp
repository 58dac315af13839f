#include "http/problems.hpp"

#include <fmt/format.h>

namespace marketday::http {

Problem not_found(std::string_view what) {
    return {404,
            "not-found",
            fmt::format("There is no such {}.", what),
            "Its id or name may be mistyped; the list has those that there are.",
            {},
            {}};
}

Problem store_unavailable() {
    return {503, "unavailable", "The store does not answer.", "Nothing was changed. Try again in a moment.",
            {},  seconds{2}};
}

}  // namespace marketday::http
