#include "usecases/accounts_passwords.hpp"

namespace marketday::usecases {

Passwords::Passwords(BlockingPool& pool, Random& random, domain::PasswordCost cost)
    : pool_(pool), random_(random), cost_(cost) {
    domain::PasswordSalt salt{};
    std::array<std::uint8_t, 32> hash{};
    random_.fill(salt);
    random_.fill(hash);
    unmatched_ = domain::unmatched_password_hash(salt, hash, cost_);
}

Task<Result<std::string, Passwords::Error>> Passwords::hash(std::string password) {
    domain::PasswordSalt salt{};
    random_.fill(salt);
    auto work = [kept = std::move(password), salt, cost = cost_] { return domain::hash_password(kept, salt, cost); };
    auto hash = co_await blocking(pool_, std::move(work));
    if (!hash) co_return fail(Error::busy);
    if (hash->empty()) co_return fail(Error::no_memory);
    co_return std::move(*hash);
}

Task<Result<bool, Passwords::Error>> Passwords::matches(std::string password, std::string hash) {
    const bool can_match = !hash.empty();
    auto work = [kept = std::move(password), against = can_match ? std::move(hash) : unmatched_] {
        return domain::password_matches(kept, against);
    };
    auto matched = co_await blocking(pool_, std::move(work));
    if (!matched) co_return fail(Error::busy);
    co_return *matched&& can_match;
}

}  // namespace marketday::usecases
