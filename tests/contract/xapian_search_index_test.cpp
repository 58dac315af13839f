#include "adapters/embedded/xapian_search_index.hpp"

#include <fstream>

#include "base/log.hpp"
#include "tests/contract/search_index_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::contract {
namespace {

class XapianStore final : public SearchStore {
public:
    ports::SearchIndex& index() override { return index_; }

private:
    TemporaryDirectory directory_;
    ThreadPool readers_{{.name = "search", .threads = 2}};
    ThreadPool writer_{{.name = "index", .threads = 1}};
    adapters::XapianSearchIndex index_{{.directory = directory_.path() / "search"}, readers_, writer_};
};

INSTANTIATE_TEST_SUITE_P(Xapian, SearchIndexContract,
                         testing::Values(SearchFactory{"xapian", [] { return std::make_unique<XapianStore>(); }}),
                         [](const auto& made) { return made.param.name; });

class XapianSearchIndexFiles : public testing::Test {
protected:
    XapianSearchIndexFiles() { log::set_level(log::Level::error); }
    ~XapianSearchIndexFiles() override { log::set_level(log::Level::info); }

    std::unique_ptr<adapters::XapianSearchIndex> open() {
        return std::make_unique<adapters::XapianSearchIndex>(adapters::XapianSearchIndex::Options{folder()}, readers_,
                                                             writer_);
    }
    std::filesystem::path folder() const { return directory_.path() / "search"; }
    static void put(adapters::XapianSearchIndex& index, int products) {
        std::vector<ports::Catalogue::Change> changes;
        for (int i = 1; i <= products; ++i) {
            domain::Product product;
            product.sku = "sku-" + std::to_string(i);
            product.name.in(domain::Language::ko) = "차가운바위 " + std::to_string(i);
            changes.push_back({i, product});
        }
        ASSERT_TRUE(run_task(index.apply(std::move(changes), ports::SearchIndex::Visible::now)).has_value());
    }
    static std::int64_t rocks(adapters::XapianSearchIndex& index) {
        ports::SearchIndex::Query query;
        query.text = "바위";
        return run_task(index.search(query)).value().total;
    }
    void overwrite(const std::string& ending, std::size_t keep) {
        for (const auto& file : std::filesystem::directory_iterator{folder()}) {
            if (file.path().string().ends_with(ending)) {
                std::filesystem::resize_file(file.path(), keep);
                std::ofstream{file.path(), std::ios::app | std::ios::binary} << std::string(20'000, '\x5a');
            }
        }
    }

    TemporaryDirectory directory_;
    ThreadPool readers_{{.name = "search", .threads = 2}};
    ThreadPool writer_{{.name = "index", .threads = 1}};
};

TEST_F(XapianSearchIndexFiles, is_there_again_after_a_restart) {
    put(*open(), 50);
    const auto again = open();
    EXPECT_EQ(run_task(again->applied_change()).value(), 50);
    EXPECT_EQ(rocks(*again), 50);
    EXPECT_EQ(again->figures().rebuilds, 0u);
}

TEST_F(XapianSearchIndexFiles, begins_anew_when_its_files_are_damaged) {
    put(*open(), 50);
    overwrite("iamglass", 10);
    const auto again = open();
    EXPECT_EQ(run_task(again->applied_change()).value(), 0);
    EXPECT_EQ(again->figures().rebuilds, 1u);
    put(*again, 30);
    EXPECT_EQ(rocks(*again), 30);
}

TEST_F(XapianSearchIndexFiles, begins_anew_when_its_tables_are_damaged) {
    put(*open(), 50);
    overwrite("postlist.glass", 0);
    const auto again = open();
    EXPECT_EQ(run_task(again->applied_change()).value(), 0);
    put(*again, 30);
    EXPECT_EQ(rocks(*again), 30);
}

TEST_F(XapianSearchIndexFiles, begins_anew_when_the_directory_is_something_else) {
    std::filesystem::create_directories(folder());
    std::ofstream{folder() / "iamglass"} << "not an index";
    const auto index = open();
    EXPECT_EQ(run_task(index->applied_change()).value(), 0);
    EXPECT_EQ(rocks(*index), 0);
}

TEST_F(XapianSearchIndexFiles, a_second_program_is_refused_and_leaves_the_index_alone) {
    const auto first = open();
    put(*first, 5);
    EXPECT_THROW(open(), std::runtime_error);
    EXPECT_EQ(rocks(*first), 5);
}

TEST_F(XapianSearchIndexFiles, searching_goes_on_while_batches_are_written) {
    const auto index = open();
    put(*index, 20);
    std::atomic<bool> stop{false};
    std::thread writing{[&] {
        while (!stop) put(*index, 20);
    }};
    for (int i = 0; i < 300; ++i) EXPECT_EQ(rocks(*index), 20);
    stop = true;
    writing.join();
}

}  // namespace
}  // namespace marketday::contract
