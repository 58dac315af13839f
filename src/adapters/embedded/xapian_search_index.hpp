#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/async/blocking.hpp"
#include "ports/search_index.hpp"

namespace marketday::adapters {

/// The search index as a Xapian database in a directory of its own. What is missing, damaged or of another schema is
/// thrown away and begun anew: `applied_change` is 0 then, and whoever follows the catalogue fills it again. Words are
/// Xapian's; prices, categories and orders are columns in memory (SearchColumns), so that a filter makes a search
/// cheaper and never slower. Searching goes on while a batch is written and sees one commit or the next.
class XapianSearchIndex final : public ports::SearchIndex {
public:
    struct Options {
        std::filesystem::path directory;  // <data>/search; made when missing
    };
    /// Blocks while it reads the index. Throws std::runtime_error (one line that says what to do) when the directory
    /// cannot be used. `writer` needs one thread; both pools outlive the index.
    XapianSearchIndex(Options options, BlockingPool& readers, BlockingPool& writer);
    ~XapianSearchIndex() override;

    Answer<std::monostate> apply(std::vector<ports::Catalogue::Change> changes, Visible visible) override;
    Answer<std::int64_t> applied_change() override;
    Answer<Page> search(Query query) override;
    Answer<std::vector<std::string>> suggest(std::string typed, domain::Language language,
                                             std::size_t suggestions_max) override;

    struct Figures {
        std::int64_t products = 0;        // that searches see
        std::int64_t applied_change = 0;  // on disk
        std::size_t memory_bytes = 0;     // of columns and vocabularies
        std::uint64_t commits = 0;
        std::uint64_t rebuilds = 0;  // times the index was thrown away
        std::uint64_t failures = 0;
    };
    Figures figures() const;

private:
    class Store;
    std::unique_ptr<Store> store_;
    BlockingPool& readers_;
    BlockingPool& writer_;
};

}  // namespace marketday::adapters
