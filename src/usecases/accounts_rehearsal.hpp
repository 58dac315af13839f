#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "ports/accounts.hpp"
#include "ports/sessions.hpp"
#include "usecases/sessions_cache.hpp"

namespace marketday::usecases {

/// Makes verified accounts with open sessions and no password, thousands at a time, so that a rehearsal measures the
/// sale and not argon2id. Runs on the operators' executor; hands the sessions to the shop's cache on the shop's
/// executor.
class Rehearsal {
public:
    static constexpr std::size_t kSessionsMax = 50'000;

    Rehearsal(ports::Accounts& accounts, ports::Sessions& sessions, SessionCache& cache, Executor& shop,
              const Clock& clock, Random& random, UuidSource& ids, Hash256 bucket_key);

    enum class Error : std::uint8_t {
        bad_count,    // not 1..kSessionsMax
        bad_prefix,   // not 1..32 of a-z, 0-9 and '-'
        unavailable,  // the store; some may have been made, and nobody knows their tokens
    };
    struct Prepared {
        CustomerId customer;
        std::string token;
        std::string csrf_token;
    };
    struct Request {
        std::size_t count = 0;
        std::string prefix;  // of their addresses, at "rehearsal.invalid"
    };
    Task<Result<std::vector<Prepared>, Error>> prepare(Request request);

private:
    struct Batch {
        std::vector<ports::Accounts::NewAccount> accounts;
        std::vector<ports::Sessions::NewSession> sessions;
        std::vector<Prepared> prepared;
    };
    Batch make_batch(std::size_t count, const std::string& prefix);
    void warm(const Batch& batch);

    ports::Accounts& accounts_;
    ports::Sessions& sessions_;
    SessionCache& cache_;
    Executor& shop_;
    const Clock& clock_;
    Random& random_;
    UuidSource& ids_;
    Hash256 bucket_key_;
};

}  // namespace marketday::usecases
