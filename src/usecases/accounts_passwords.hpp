#pragma once

#include <string>

#include "base/async/blocking.hpp"
#include "base/random.hpp"
#include "domain/customer_password.hpp"

namespace marketday::usecases {

/// Password hashing off the executor, behind a pool's bounded queue. Shoppers and operators have one each, so that a
/// crowd that logs in does not keep the operator out.
class Passwords {
public:
    enum class Error : std::uint8_t {
        busy,       // the queue is full: say 503, come back
        no_memory,  // the cost could not be paid
    };
    Passwords(BlockingPool& pool, Random& random, domain::PasswordCost cost);

    Task<Result<std::string, Error>> hash(std::string password);
    /// Takes as long whether `hash` is a hash or empty: then it compares with one that no password matches, and says
    /// no.
    Task<Result<bool, Error>> matches(std::string password, std::string hash);
    bool needs_rehash(const std::string& hash) const { return domain::password_needs_rehash(hash, cost_); }

private:
    BlockingPool& pool_;
    Random& random_;
    domain::PasswordCost cost_;
    std::string unmatched_;
};

}  // namespace marketday::usecases
