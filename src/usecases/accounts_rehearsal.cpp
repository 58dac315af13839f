#include "usecases/accounts_rehearsal.hpp"

#include <algorithm>

#include "usecases/sessions_token.hpp"

namespace marketday::usecases {
namespace {

bool is_prefix(const std::string& text) {
    return !text.empty() && text.size() <= 32 && text.front() != '-' && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace

Rehearsal::Rehearsal(ports::Accounts& accounts, ports::Sessions& sessions, SessionCache& cache, Executor& shop,
                     const Clock& clock, Random& random, UuidSource& ids, Hash256 bucket_key)
    : accounts_(accounts),
      sessions_(sessions),
      cache_(cache),
      shop_(shop),
      clock_(clock),
      random_(random),
      ids_(ids),
      bucket_key_(bucket_key) {}

Rehearsal::Batch Rehearsal::make_batch(std::size_t count, const std::string& prefix) {
    Batch batch;
    const WallTime now = clock_.wall_now();
    for (std::size_t i = 0; i < count; ++i) {
        // The address must be known before the bucket, and the bucket before the id: a random part makes it unique.
        const auto email =
            domain::EmailAddress::parse(prefix + "-" + std::to_string(random_.u64()) + "@rehearsal.invalid");
        MD_ASSERT(email.has_value());
        const CustomerId customer{ids_.next(domain::bucket_of(*email, bucket_key_))};
        const Token token = make_token(random_, customer.bucket());
        batch.accounts.push_back(
            {.id = customer, .email = *email, .password_hash = {}, .locale = domain::Locale::en, .created_at = now});
        batch.sessions.push_back({.key = token.key,
                                  .customer = customer,
                                  .password_version = ports::Accounts::kFirstPasswordVersion,
                                  .created_at = now,
                                  .expires_at = now + cache_.options().idle});
        batch.prepared.push_back({.customer = customer, .token = token.text, .csrf_token = csrf_token_of(token.text)});
    }
    return batch;
}

void Rehearsal::warm(const Batch& batch) {
    // Small jobs, so that shoppers who are there already are not held up.
    constexpr std::size_t kJobSessionsMax = 500;
    for (std::size_t first = 0; first < batch.prepared.size(); first += kJobSessionsMax) {
        const std::size_t end = std::min(first + kJobSessionsMax, batch.prepared.size());
        std::vector<std::pair<std::string, ports::Sessions::Found>> entries;
        for (std::size_t i = first; i < end; ++i) {
            const auto& session = batch.sessions[i];
            entries.emplace_back(batch.prepared[i].token, ports::Sessions::Found{.customer = session.customer,
                                                                                 .verified = true,
                                                                                 .created_at = session.created_at,
                                                                                 .expires_at = session.expires_at});
        }
        shop_.soon([&cache = cache_, kept = std::move(entries)] {
            for (const auto& [token, found] : kept) cache.keep(token, found);
        });
    }
}

Task<Result<std::vector<Rehearsal::Prepared>, Rehearsal::Error>> Rehearsal::prepare(Request request) {
    if (request.count == 0 || request.count > kSessionsMax) co_return fail(Error::bad_count);
    if (!is_prefix(request.prefix)) co_return fail(Error::bad_prefix);
    std::vector<Prepared> prepared;
    prepared.reserve(request.count);
    while (prepared.size() < request.count) {
        const std::size_t count = std::min(request.count - prepared.size(), ports::Accounts::kBatchMax);
        Batch batch = make_batch(count, request.prefix);
        auto accounts = std::move(batch.accounts);
        const auto added = co_await accounts_.add_verified(std::move(accounts));
        if (!added || *added != count) co_return fail(Error::unavailable);
        auto sessions = batch.sessions;
        const auto opened = co_await sessions_.add(std::move(sessions));
        if (!opened || *opened != count) co_return fail(Error::unavailable);
        warm(batch);
        std::ranges::move(batch.prepared, std::back_inserter(prepared));
    }
    co_return prepared;
}

}  // namespace marketday::usecases
