#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "ports/catalogue.hpp"
#include "ports/shared_cache.hpp"
#include "usecases/known_changes.hpp"

namespace marketday::usecases {

/// Products that other processes of the shop have read from the store, in the cache that all of them share: before a
/// process reads one from the store to show it, it asks here (ADR 10). The store stays the truth: what is kept says
/// from which change of the catalogue on it knows nothing, and this process, which follows those changes, does not
/// believe what has changed since, nor anything while it has not read them for `log_age_max`. A keyed hash tells what
/// this shop has kept from what others write there. Thread-safe.
class SharedProducts {
public:
    struct Options {
        Hash256 key{};         // of this shop; what was kept under another is not believed
        seconds at_most{600};  // after that it is gone
        milliseconds log_age_max{2000};
        std::size_t changes_max = 100'000;
    };
    SharedProducts(ports::SharedCache& cache, const Clock& clock, Options options)
        : cache_(cache), clock_(clock), options_(options), changes_(options.changes_max) {}

    /// In the order asked; nothing where the store is to be asked.
    Task<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus);

    /// The number of the first change that a reading of the store which begins now may not have seen; nothing while
    /// that is not known.
    std::optional<std::int64_t> first_unseen() const;
    /// `first_unseen`: as it was before the reading began.
    void keep(const domain::Product& product, std::int64_t first_unseen);

    /// This process has changed them.
    void changed_here(const std::vector<domain::SkuCode>& skus);

    /// Around one reading of the catalogue's changes. `asked`: what has been read, in order, which is all that there
    /// was between `after` and `up_to`; `whole`: and nothing came after that when it was asked for. Whoever reads what
    /// the store says from then on sees these changes.
    std::uint64_t asking();
    struct Asked {
        std::uint64_t asking = 0;
        std::int64_t after = 0;
        std::int64_t up_to = 0;
        bool whole = false;
    };
    void asked(const Asked& asked, const std::vector<ports::Catalogue::Change>& changes);

    struct Figures {
        std::atomic<std::uint64_t> hits{0};
        std::atomic<std::uint64_t> misses{0};      // not there, or the cache did not answer
        std::atomic<std::uint64_t> outdated{0};    // there, and not believed: it has changed since, or nobody knows
        std::atomic<std::uint64_t> unreadable{0};  // there, and not written by this shop
    };
    const Figures& figures() const { return figures_; }

private:
    struct Kept {
        domain::Product product;
        std::int64_t first_unseen = 0;
    };
    std::optional<Kept> opened(const domain::SkuCode& sku, std::string_view bytes) const;
    std::optional<domain::Product> judged(const domain::SkuCode& sku, const std::optional<std::string>& bytes);

    ports::SharedCache& cache_;
    const Clock& clock_;
    Options options_;
    Figures figures_;
    mutable std::mutex mutex_;  // of what follows
    KnownChanges changes_;
    std::optional<std::int64_t> up_to_;  // every change up to this number has been told
    Instant asking_since_{};
    std::optional<Instant> log_known_to_;
};

}  // namespace marketday::usecases
