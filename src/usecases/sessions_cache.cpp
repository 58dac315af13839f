#include "usecases/sessions_cache.hpp"

#include <algorithm>
#include <cstring>

namespace marketday::usecases {

namespace {
constexpr seconds kMaintainEvery{5};
constexpr milliseconds kFollowEvery{250};
constexpr seconds kPurgeEvery{600};
constexpr std::size_t kPurgeMax = 1000;
}  // namespace

SessionCache::SessionCache(ports::Sessions& sessions, const Clock& clock, Options options, SharedSessions* shared)
    : sessions_(sessions), clock_(clock), options_(options), shared_(shared) {
    MD_ASSERT(options.bytes_max >= kEntryBytes);
}

std::size_t SessionCache::KeyHash::operator()(std::string_view token) const noexcept {
    // A stored token's characters are random, so any eight of them are a hash; those of a stranger only search.
    std::uint64_t bits = 0;
    std::memcpy(&bits, token.data(), std::min<std::size_t>(sizeof bits, token.size()));
    bits *= 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(bits ^ (bits >> 32));
}

const Session* SessionCache::cached(std::string_view token) {
    if (token.size() != Token::kCharacters) return nullptr;
    const auto found = entries_.find(token);
    if (found == entries_.end()) return nullptr;
    Entry& entry = found->second;
    const WallTime now = clock_.wall_now();
    if (now >= entry.fresh_until) return nullptr;
    entry.visited = true;
    if (now >= entry.extend_at) ask_extension(entry, now);
    return &entry.session;
}

Task<Result<std::optional<Session>, Authenticate::Error>> SessionCache::find(std::string token) {
    if (const Session* known = cached(token)) co_return std::optional<Session>{*known};
    const auto key = token_key(token);
    if (!key) co_return std::optional<Session>{};
    const auto session_of = [&token](const ports::Sessions::Found& row) {
        return Session{.customer = row.customer,
                       .verified = row.verified,
                       .csrf_token = csrf_token_of(token),
                       .expires = row.expires_at};
    };
    if (shared_ != nullptr) {
        const auto shared = co_await shared_->find(*key);
        if (shared) {
            // It was looked at after the last change that this process knows of.
            keep(token, shared->found, shared->read_at);
            co_return std::optional<Session>{session_of(shared->found)};
        }
    }
    const std::uint64_t invalidations = invalidations_;
    const WallTime now = clock_.wall_now();
    const auto found = co_await sessions_.find(*key, now);
    if (!found) co_return fail(Error::unavailable);
    if (!*found) {
        // Not `forget`: strangers' tokens must not keep the loads of others out of the cache.
        if (const auto stale = entries_.find(std::string_view{token}); stale != entries_.end()) remove(stale->second);
        co_return std::optional<Session>{};
    }
    const ports::Sessions::Found& row = **found;
    if (invalidations == invalidations_) {
        keep(token, row, now);
        if (shared_ != nullptr) shared_->keep(*key, row, now);
    }
    co_return std::optional<Session>{session_of(row)};
}

WallTime SessionCache::expiry(WallTime created, WallTime now) const {
    return std::min<WallTime>(now + options_.idle, created + options_.life);
}

void SessionCache::keep(std::string_view token, const ports::Sessions::Found& found, WallTime read_at) {
    MD_ASSERT(token.size() == Token::kCharacters);
    if (const auto old = entries_.find(token); old != entries_.end()) remove(old->second);
    make_room();
    Key key;
    std::memcpy(key.data(), token.data(), key.size());
    const auto [at, added] = entries_.try_emplace(key);
    MD_ASSERT(added);
    Entry& entry = at->second;
    entry.key = &at->first;
    entry.session = Session{.customer = found.customer,
                            .verified = found.verified,
                            .csrf_token = csrf_token_of(token),
                            .expires = found.expires_at};
    entry.created = found.created_at;
    const WallTime now = clock_.wall_now();
    entry.fresh_until = std::min<WallTime>(std::min(now, read_at) + options_.fresh_for, found.expires_at);
    // The stored expiry tells when it was last moved; at the end of its life it cannot be moved any more.
    entry.extend_at = found.expires_at >= found.created_at + options_.life
                          ? WallTime::max()
                          : found.expires_at - options_.idle + options_.extend_every;
    link(entry);
    if (now >= entry.extend_at) ask_extension(entry, now);
}

void SessionCache::forget(std::string_view token) {
    ++invalidations_;
    if (token.size() != Token::kCharacters) return;
    if (const auto found = entries_.find(token); found != entries_.end()) remove(found->second);
    if (shared_ == nullptr) return;
    if (const auto key = token_key(token)) shared_->ended_here(*key);
}

void SessionCache::forget_all(CustomerId customer) {
    if (shared_ != nullptr) shared_->changed_here(customer);
    drop_all(customer);
}

void SessionCache::drop_all(const CustomerId& customer) {
    ++invalidations_;
    for (auto found = of_customer_.find(customer); found != of_customer_.end(); found = of_customer_.find(customer))
        remove(*found->second);
}

void SessionCache::ask_extension(Entry& entry, WallTime now) {
    entry.extend_at = now + options_.extend_every;
    if (extensions_.size() >= options_.extensions_waiting_max) return;  // It asks again in an hour.
    const WallTime expires = expiry(entry.created, now);
    if (expires <= entry.session.expires) return;
    extensions_.push_back(
        {.key = blake2b(std::string_view{entry.key->data(), entry.key->size()}), .expires_at = expires});
    entry.session.expires = expires;
}

void SessionCache::link(Entry& entry) {
    entry.older = newest_;
    if (newest_ != nullptr) newest_->newer = &entry;
    newest_ = &entry;
    if (oldest_ == nullptr) oldest_ = &entry;
    Entry*& first = of_customer_[entry.session.customer];
    entry.next_of_customer = first;
    if (first != nullptr) first->previous_of_customer = &entry;
    first = &entry;
}

void SessionCache::remove(Entry& entry) {
    if (hand_ == &entry) hand_ = entry.newer;
    (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;
    (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
    if (entry.next_of_customer != nullptr) entry.next_of_customer->previous_of_customer = entry.previous_of_customer;
    if (entry.previous_of_customer != nullptr)
        entry.previous_of_customer->next_of_customer = entry.next_of_customer;
    else if (entry.next_of_customer != nullptr)
        of_customer_[entry.session.customer] = entry.next_of_customer;
    else
        of_customer_.erase(entry.session.customer);
    const Key key = *entry.key;  // A copy: the node dies within the call.
    entries_.erase(key);
}

void SessionCache::make_room() {
    // SIEVE (Zhang et al., NSDI 2024): the hand goes from old to new, spares whoever was used since it came by.
    while ((entries_.size() + 1) * kEntryBytes > options_.bytes_max && !entries_.empty()) {
        if (hand_ == nullptr) hand_ = oldest_;
        Entry* candidate = hand_;
        hand_ = candidate->newer;
        if (candidate->visited) {
            candidate->visited = false;
            continue;
        }
        remove(*candidate);
    }
}

Task<void> SessionCache::write_extensions() {
    while (!extensions_.empty()) {
        std::vector<ports::Sessions::Extension> batch;
        const std::size_t count = std::min(extensions_.size(), ports::Sessions::kBatchMax);
        const auto first = extensions_.end() - static_cast<std::ptrdiff_t>(count);
        batch.assign(first, extensions_.end());
        extensions_.erase(first, extensions_.end());
        const auto written = co_await sessions_.extend(std::move(batch));
        // A lost extension costs nothing now: the session asks again in an hour, long before it ends.
        if (!written) co_return;
    }
}

Task<void> SessionCache::follow() {
    std::optional<std::int64_t> position;
    if (shared_ != nullptr) position = SharedSessions::kFrom;
    while (true) {
        const std::uint64_t asking = shared_ != nullptr ? shared_->asking() : 0;
        const auto changes = co_await sessions_.changed_since(position);
        if (changes) {
            for (const auto& change : changes->changes) drop_all(change.customer);
            position = changes->position;
            if (shared_ != nullptr) shared_->asked(asking, *changes);
        }
        co_await sleep_for(kFollowEvery);
    }
}

Task<void> SessionCache::maintain() {
    Instant purge_at = clock_.now();
    while (true) {
        co_await sleep_for(kMaintainEvery);
        co_await write_extensions();
        if (clock_.now() < purge_at) continue;
        const WallTime now = clock_.wall_now();
        const auto purged = co_await sessions_.purge(now, kPurgeMax);
        const bool more = purged && *purged == kPurgeMax;
        purge_at = clock_.now() + (more ? kMaintainEvery : kPurgeEvery);
    }
}

}  // namespace marketday::usecases
