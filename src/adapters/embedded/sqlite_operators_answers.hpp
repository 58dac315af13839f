#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "ports/operators.hpp"

namespace marketday::adapters {

/// A store's answer as the port gives it.
template <class T>
Result<T, ports::Operators::Error> to_operators_answer(SqliteDatabase::Written<T> written) {
    using Error = ports::Operators::Error;
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(Error::outcome_unknown);
    }
    return fail(Error::outcome_unknown);
}

}  // namespace marketday::adapters
