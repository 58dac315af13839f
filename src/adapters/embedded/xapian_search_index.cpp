#include "adapters/embedded/xapian_search_index.hpp"

#include <malloc.h>
#include <xapian.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "adapters/embedded/xapian_search_query.hpp"
#include "adapters/embedded/xapian_search_schema.hpp"
#include "adapters/embedded/xapian_search_text.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "domain/search_text.hpp"

namespace marketday::adapters {
namespace {

constexpr const char* kSchemaKey = "schema";
constexpr const char* kAppliedKey = "applied";
/// Batches that need not be seen at once are, when so many products wait, or as many as are seen.
constexpr std::size_t kUnseenMax = 20'000;
constexpr int kReadTries = 3;

std::int64_t number_of(const std::string& text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

/// What runs in the pools' threads.
class XapianSearchIndex::Store {
public:
    explicit Store(std::filesystem::path directory);

    Result<std::monostate, Error> apply(const std::vector<ports::Catalogue::Change>& changes, Visible visible);
    std::int64_t applied_change();
    Result<Page, Error> search(const Query& query);
    Result<std::vector<std::string>, Error> suggest(const std::string& typed, domain::Language language,
                                                    std::size_t count);
    Figures figures() const;

private:
    /// A database object and what it was opened on; used by one thread at a time.
    struct Reader {
        Xapian::Database index;
        std::uint64_t build = 0;
        std::uint64_t commit = 0;
    };
    struct Seen {
        std::shared_ptr<const SearchSnapshot> snapshot;
        std::uint64_t build = 0;
        std::uint64_t commit = 0;
    };

    void open();
    void begin_anew(const std::string& why);
    void open_writable();
    void write(const std::vector<ports::Catalogue::Change>& changes);
    void refresh();
    Seen seen() const;
    std::unique_ptr<Reader> take_reader(const Seen& seen);
    void give_back(std::unique_ptr<Reader> reader);
    template <class T, class F>
    Result<T, Error> read(F work);

    const std::filesystem::path directory_;

    std::mutex write_mutex_;  // guards what writes; searches never take it
    std::optional<Xapian::WritableDatabase> writable_;
    std::size_t unseen_ = 0;

    mutable std::mutex mutex_;  // guards what follows
    Seen seen_;
    std::vector<std::unique_ptr<Reader>> readers_;

    std::atomic<std::int64_t> applied_{0};
    std::atomic<bool> damaged_{false};
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> rebuilds_{0};
    std::atomic<std::uint64_t> failures_{0};
};

XapianSearchIndex::Store::Store(std::filesystem::path directory) : directory_(std::move(directory)) {
    const std::lock_guard lock{write_mutex_};
    try {
        try {
            open();
        } catch (const Xapian::DatabaseLockError&) {
            throw;
        } catch (const Xapian::DatabaseError& error) {
            begin_anew(error.get_description());
        }
    } catch (const Xapian::DatabaseLockError&) {
        throw std::runtime_error("the search index in " + directory_.string() +
                                 " is used by another process; stop that first");
    } catch (const std::exception& error) {
        throw std::runtime_error("cannot use " + directory_.string() + " for the search index: " + error.what());
    } catch (const Xapian::Error& error) {
        throw std::runtime_error("cannot use " + directory_.string() +
                                 " for the search index: " + error.get_description());
    }
}

void XapianSearchIndex::Store::open() {
    std::filesystem::create_directories(directory_);
    open_writable();
    const std::string schema = writable_->get_metadata(kSchemaKey);
    if (schema.empty() && writable_->get_doccount() == 0 && writable_->get_metadata(kAppliedKey).empty()) {
        writable_->set_metadata(kSchemaKey, search_schema());
        writable_->commit();
    } else if (schema != search_schema()) {
        begin_anew("of another schema");
        return;
    }
    applied_ = number_of(writable_->get_metadata(kAppliedKey));
    refresh();
}

void XapianSearchIndex::Store::open_writable() {
    writable_.emplace(directory_.string(), Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS);
}

void XapianSearchIndex::Store::begin_anew(const std::string& why) {
    log::warn("search.index.rebuilt", {{"why", why}});
    writable_.reset();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    ++rebuilds_;
    open_writable();
    writable_->set_metadata(kSchemaKey, search_schema());
    writable_->commit();
    applied_ = 0;
    damaged_ = false;
    {
        const std::lock_guard lock{mutex_};
        ++seen_.build;
        readers_.clear();
    }
    refresh();
}

void XapianSearchIndex::Store::refresh() {
    Xapian::Database index{directory_.string()};
    auto snapshot = load_snapshot(index);
    unseen_ = 0;
    const std::lock_guard lock{mutex_};
    seen_.snapshot = std::move(snapshot);
    ++seen_.commit;
}

void XapianSearchIndex::Store::write(const std::vector<ports::Catalogue::Change>& changes) {
    for (const auto& change : changes) {
        const std::string term = sku_term(change.product.sku);
        if (change.product.hidden)
            writable_->delete_document(term);
        else
            writable_->replace_document(term, search_document(change.product));
    }
    const std::int64_t last = changes.back().number;
    writable_->set_metadata(kAppliedKey, std::to_string(last));
    writable_->commit();
    applied_ = last;
    ++commits_;
}

auto XapianSearchIndex::Store::apply(const std::vector<ports::Catalogue::Change>& changes, Visible visible)
    -> Result<std::monostate, Error> {
    const std::lock_guard lock{write_mutex_};
    try {
        if (damaged_) begin_anew("found damaged by a search");
        if (!writable_) open_writable();
        write(changes);
        unseen_ += changes.size();
        const bool many = unseen_ >= std::min(kUnseenMax, static_cast<std::size_t>(figures().products));
        if (visible == Visible::now || many) refresh();
        // Xapian's write buffer of a large batch goes back to the system.
        if (changes.size() >= 1000) malloc_trim(0);
        return std::monostate{};
    } catch (const Xapian::DatabaseCorruptError& error) {
        damaged_ = true;
        log::warn("search.index.damaged", {{"why", error.get_description()}});
    } catch (const Xapian::Error& error) {
        log::warn("search.index.not_written", {{"why", error.get_description()}});
    } catch (const std::exception& error) {
        log::warn("search.index.not_written", {{"why", error.what()}});
    }
    // What was not committed is forgotten; the next batch opens the index again.
    ++failures_;
    try {
        writable_.reset();
    } catch (const Xapian::Error&) {
        // It could not even let go; nothing more to do.
    }
    return fail(Error::unavailable);
}

std::int64_t XapianSearchIndex::Store::applied_change() {
    const std::lock_guard lock{write_mutex_};
    if (!damaged_) return applied_;
    try {
        begin_anew("found damaged by a search");
    } catch (const Xapian::Error& error) {
        log::warn("search.index.not_written", {{"why", error.get_description()}});
    } catch (const std::exception& error) {
        log::warn("search.index.not_written", {{"why", error.what()}});
    }
    return applied_;
}

XapianSearchIndex::Store::Seen XapianSearchIndex::Store::seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
}

std::unique_ptr<XapianSearchIndex::Store::Reader> XapianSearchIndex::Store::take_reader(const Seen& seen) {
    std::unique_ptr<Reader> reader;
    {
        const std::lock_guard lock{mutex_};
        if (!readers_.empty()) {
            reader = std::move(readers_.back());
            readers_.pop_back();
        }
    }
    if (!reader || reader->build != seen.build) {
        reader = std::make_unique<Reader>(Xapian::Database{directory_.string()}, seen.build, seen.commit);
    } else if (reader->commit != seen.commit) {
        reader->index.reopen();
        reader->commit = seen.commit;
    }
    return reader;
}

void XapianSearchIndex::Store::give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock{mutex_};
    if (reader->build == seen_.build) readers_.push_back(std::move(reader));
}

template <class T, class F>
auto XapianSearchIndex::Store::read(F work) -> Result<T, Error> {
    for (int tries = 0; tries < kReadTries; ++tries) {
        try {
            const Seen seen = this->seen();
            auto reader = take_reader(seen);
            Result<T, Error> result = work(reader->index, *seen.snapshot);
            give_back(std::move(reader));
            return result;
        } catch (const Xapian::DatabaseModifiedError&) {
            // Two commits went by while it read; a new reader sees the last.
        } catch (const Xapian::DatabaseCorruptError& error) {
            if (!damaged_.exchange(true)) log::warn("search.index.damaged", {{"why", error.get_description()}});
            break;
        } catch (const Xapian::Error& error) {
            log::warn("search.failed", {{"why", error.get_description()}});
            break;
        }
    }
    ++failures_;
    return fail(Error::unavailable);
}

auto XapianSearchIndex::Store::search(const Query& query) -> Result<Page, Error> {
    return read<Page>([&query](const Xapian::Database& index, const SearchSnapshot& snapshot) {
        return run_search(index, snapshot, query);
    });
}

auto XapianSearchIndex::Store::suggest(const std::string& typed, domain::Language language, std::size_t count)
    -> Result<std::vector<std::string>, Error> {
    return complete(*seen().snapshot, typed, language, count);
}

XapianSearchIndex::Figures XapianSearchIndex::Store::figures() const {
    const Seen now = seen();
    return {.products = now.snapshot ? now.snapshot->columns->products() : 0,
            .applied_change = applied_,
            .memory_bytes = now.snapshot ? now.snapshot->bytes() : 0,
            .commits = commits_,
            .rebuilds = rebuilds_,
            .failures = failures_};
}

XapianSearchIndex::XapianSearchIndex(Options options, BlockingPool& readers, BlockingPool& writer)
    : store_(std::make_unique<Store>(std::move(options.directory))), readers_(readers), writer_(writer) {}

XapianSearchIndex::~XapianSearchIndex() = default;

auto XapianSearchIndex::apply(std::vector<ports::Catalogue::Change> changes, Visible visible)
    -> Answer<std::monostate> {
    MD_ASSERT(!changes.empty() && changes.size() <= kChangesMax);
    auto job = [this, &changes, visible] { return store_->apply(changes, visible); };
    auto done = co_await blocking(writer_, job);
    if (!done) co_return fail(Error::unavailable);
    co_return std::move(*done);
}

auto XapianSearchIndex::applied_change() -> Answer<std::int64_t> {
    auto job = [this] { return store_->applied_change(); };
    auto done = co_await blocking(writer_, job);
    if (!done) co_return fail(Error::unavailable);
    co_return *done;
}

auto XapianSearchIndex::search(Query query) -> Answer<Page> {
    MD_ASSERT(query.text.size() <= kTextBytesMax && query.products_max >= 1 && query.products_max <= 100);
    auto job = [this, &query] { return store_->search(query); };
    auto done = co_await blocking(readers_, job);
    if (!done) co_return fail(Error::unavailable);
    co_return std::move(*done);
}

auto XapianSearchIndex::suggest(std::string typed, domain::Language language, std::size_t suggestions_max)
    -> Answer<std::vector<std::string>> {
    MD_ASSERT(typed.size() <= kTextBytesMax && suggestions_max <= 100);
    auto job = [this, &typed, language, suggestions_max] { return store_->suggest(typed, language, suggestions_max); };
    auto done = co_await blocking(readers_, job);
    if (!done) co_return fail(Error::unavailable);
    co_return std::move(*done);
}

XapianSearchIndex::Figures XapianSearchIndex::figures() const { return store_->figures(); }

}  // namespace marketday::adapters
