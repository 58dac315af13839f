#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ports/accounts.hpp"

namespace marketday::usecases {

/// Customers as operators see them: who they are is told only as far as the work needs it.
class Customers {
public:
    enum class Error { unavailable };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    explicit Customers(ports::Accounts& accounts) : accounts_(accounts) {}

    /// The newest first.
    Answer<std::vector<ports::Account>> list(std::optional<CustomerId> before, std::size_t customers_max);
    /// By the whole address, as it may be typed; nothing when nobody has it.
    Answer<std::optional<ports::Account>> find_by_email(std::string email);
    Answer<std::optional<ports::Account>> find(CustomerId customer);

private:
    ports::Accounts& accounts_;
};

/// "k…@e….org": enough to recognise an address that one knows, not to write to it.
std::string masked_email(std::string_view email);

}  // namespace marketday::usecases
