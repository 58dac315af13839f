#pragma once

#include <expected>
#include <utility>

namespace marketday {

/// The outcome of an operation that is expected to fail sometimes. `E` is the small enum of the interface
/// that returns it.
template <class T, class E>
using Result = std::expected<T, E>;

/// `return fail(Error::sold_out);`
template <class E>
constexpr auto fail(E&& error) {
    return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace marketday
