#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "cli/commands.hpp"
#include "tests/integration/catalogue_site.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kRealCatalogue = fs::path{MARKETDAY_SHARED_DATA} / "catalogue/catalogue.jsonl.gz";
constexpr std::int64_t kRealProducts = 42'844;
constexpr std::string_view kGood =
    R"({"sku":"good-1","name":{"en":"Good"},"price":{"amount":500,"currency":"KRW"},"stock":7})";

struct Outcome {
    int exit_code = 0;
    std::string out;
    std::string err;
};

/// Runs `marketday import ARGUMENTS` within this process.
int import_here(std::vector<std::string> arguments) {
    CLI::App app;
    int exit_code = -1;
    cli::add_import(app, exit_code);
    arguments.insert(arguments.begin(), "import");
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return exit_code;
}

class ImportTest : public testing::Test {
protected:
    fs::path data() const { return directory_.path() / "shop"; }
    fs::path write(const std::string& name, std::string_view text) const {
        const fs::path path = directory_.path() / name;
        std::ofstream{path, std::ios::binary} << text;
        return path;
    }
    fs::path write_gzip(const std::string& name, std::string_view text) const {
        const fs::path path = directory_.path() / name;
        gzFile file = ::gzopen(path.c_str(), "wb");
        ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(file);
        return path;
    }
    Outcome import(const fs::path& file, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{file.string(), "--data", data().string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Outcome outcome;
        outcome.exit_code = import_here(arguments);
        outcome.out = testing::internal::GetCapturedStdout();
        outcome.err = testing::internal::GetCapturedStderr();
        return outcome;
    }
    std::int64_t products() const {
        CatalogueSite site{data()};
        return run_task(site.catalogue().count()).value();
    }

    TemporaryDirectory directory_;
};

std::string read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_F(ImportTest, the_real_catalogue_comes_in_whole_and_again_without_a_change) {
    const Outcome first = import(kRealCatalogue, {"--no-price", "hide", "--json"});
    EXPECT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr(R"("created":42844)"));
    EXPECT_THAT(first.out, HasSubstr(R"("foreign_prices":{"GBP":3900,"XXX":1514})"));
    const Outcome again = import(kRealCatalogue, {"--no-price", "hide", "--json"});
    EXPECT_THAT(again.out, HasSubstr(R"("unchanged":42844)"));
    const Outcome priced = import(kRealCatalogue, {"--no-price", "1000", "--json"});
    EXPECT_THAT(priced.out, HasSubstr(R"("updated":42844)"));
    EXPECT_EQ(products(), kRealProducts);
    CatalogueSite site{data()};
    std::vector<domain::SkuCode> skus{"exu-%3F"};
    const auto found = run_task(site.catalogue().find(skus)).value();
    ASSERT_TRUE(found.front());
    EXPECT_EQ(found.front()->price->amount_minor, 1000);
}

TEST_F(ImportTest, products_without_a_price_can_be_left_out) {
    const Outcome outcome = import(kRealCatalogue, {"--no-price", "skip", "--json"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.out, HasSubstr(R"("skipped":42844)"));
}

TEST_F(ImportTest, the_same_file_packed_or_as_csv_gives_the_same_product) {
    EXPECT_EQ(import(write("a.jsonl", kGood)).exit_code, 0);
    EXPECT_THAT(import(write_gzip("a.jsonl.gz", kGood)).out, HasSubstr("1 as before"));
    EXPECT_THAT(import(write("a.csv", "sku,name_en,price,currency,stock\r\ngood-1,Good,500,KRW,7\r\n")).out,
                HasSubstr("1 as before"));
    const std::string two =
        read_file(write_gzip("m.gz", std::string{kGood} + "\n")) +
        read_file(write_gzip("n.gz", R"({"sku":"good-2","name":"B","price":{"amount":1,"currency":"KRW"}})"));
    EXPECT_THAT(import(write("two.jsonl.gz", two)).out, HasSubstr("2 of 2 products"));
}

TEST_F(ImportTest, first_stock_is_received_once_however_often_it_is_imported) {
    import(write("a.jsonl", kGood));
    import(write("a.jsonl",
                 R"({"sku":"good-1","name":{"en":"Better"},"price":{"amount":600,"currency":"KRW"},"stock":7})"));
    CatalogueSite site{data()};
    std::vector<domain::SkuCode> skus{"good-1"};
    EXPECT_EQ(run_task(site.order_book().stock(skus)).value().front()->received, 7);
}

TEST_F(ImportTest, refused_lines_are_listed_with_their_reasons_and_the_others_come_in) {
    const fs::path errors = directory_.path() / "errors.jsonl";
    const Outcome outcome =
        import(write("a.jsonl", "{bad\n" + std::string{kGood} + "\n\n{\"sku\":\"x\"}\n\xff\xfe{}\n"),
               {"--errors", errors.string()});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.out, HasSubstr("1 of 4 products"));
    const std::string listed = read_file(errors);
    EXPECT_THAT(listed, HasSubstr(R"({"line":1,"sku":"","reason":"not JSON)"));
    EXPECT_THAT(listed, HasSubstr(R"({"line":4,"sku":"x","reason":"name is missing in every language"})"));
    EXPECT_THAT(listed, HasSubstr(R"({"line":5,"sku":"","reason":"not UTF-8 text"})"));
}

TEST_F(ImportTest, what_cannot_be_an_import_is_refused_in_one_line_that_says_what_to_do) {
    const auto refused = [this](const std::string& name, std::string_view text, const std::string& says) {
        const Outcome outcome = import(write(name, text));
        EXPECT_EQ(outcome.exit_code, 2) << name;
        EXPECT_THAT(outcome.err, HasSubstr(says)) << name;
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    };
    refused("empty.jsonl", "", "is empty");
    refused("blank.jsonl", "\n \r\n", "only blank lines");
    refused("program",
            std::string("\x7f"
                        "ELF\0\0\0",
                        7),
            "not text but binary");
    refused("a.zip", "PK\x03\x04zzzz", "ZIP archive");
    refused("list", "[{}]", "one JSON list");
    refused("wrong.csv", "sku,name_en,pirce\na,b,1\n", "did you mean \"price\"?");
    refused("head.gz", read_file(kRealCatalogue).substr(0, 15), "cut off");
    const Outcome missing = import(directory_.path() / "nothing");
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_THAT(missing.err, HasSubstr("cannot read"));
    EXPECT_THAT(import(directory_.path()).err, HasSubstr("is a directory"));
}

TEST_F(ImportTest, a_gzip_file_that_was_cut_off_gives_its_whole_lines_and_says_so) {
    const std::string whole = read_file(kRealCatalogue);
    const Outcome outcome = import(write("cut.jsonl.gz", whole.substr(0, whole.size() / 2)), {"--no-price", "hide"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("ends too early"));
    EXPECT_THAT(outcome.out, HasSubstr("1 refused"));
    EXPECT_GT(products(), 1000);
}

TEST_F(ImportTest, every_case_of_bad_json_is_refused_or_no_product) {
    int cases = 0;
    for (const auto& entry : fs::directory_iterator(fs::path{MARKETDAY_SHARED_DATA} / "bad-input/json/test_parsing")) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("n_")) continue;
        ++cases;
        const Outcome outcome = import(entry.path(), {"--format", "jsonl"});
        EXPECT_EQ(outcome.exit_code, 2) << name << ": " << outcome.out;
        EXPECT_NE(outcome.err, "") << name;
    }
    EXPECT_GT(cases, 150);
}

TEST_F(ImportTest, naughty_strings_come_back_unchanged_or_are_refused) {
    const auto naughty =
        boost::json::parse(read_file(fs::path{MARKETDAY_SHARED_DATA} / "bad-input/blns/blns.json")).as_array();
    std::string lines;
    for (std::size_t i = 0; i < naughty.size(); ++i) {
        const boost::json::object product{{"sku", "n-" + std::to_string(i)},
                                          {"name", {{"ko", naughty[i]}}},
                                          {"description", {{"ja", naughty[i]}}},
                                          {"category", boost::json::array{naughty[i]}},
                                          {"price", {{"amount", 1}, {"currency", "KRW"}}}};
        lines += boost::json::serialize(product) + "\n";
    }
    const fs::path errors = directory_.path() / "errors.jsonl";
    import(write("naughty.jsonl", lines), {"--errors", errors.string()});
    const std::string refused = read_file(errors);
    CatalogueSite site{data()};
    std::size_t kept = 0;
    for (std::size_t i = 0; i < naughty.size(); ++i) {
        std::vector<domain::SkuCode> skus{"n-" + std::to_string(i)};
        const auto found = run_task(site.catalogue().find(skus)).value();
        const std::string wanted{std::string_view{naughty[i].as_string()}};
        if (!found.front()) {
            EXPECT_THAT(refused, HasSubstr("\"n-" + std::to_string(i) + "\"")) << wanted;
            continue;
        }
        ++kept;
        EXPECT_EQ(found.front()->name.in(domain::Language::ko), wanted);
        EXPECT_EQ(found.front()->description.in(domain::Language::ja), wanted);
        EXPECT_EQ(found.front()->category.front().in(domain::Language::en), wanted);
    }
    EXPECT_GT(kept, naughty.size() * 9 / 10);
}

TEST_F(ImportTest, a_line_of_one_gigabyte_is_refused_with_its_number_and_little_memory) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread writer([end = ends[1]] {
        const std::string piece(1024 * 1024, 'x');
        const auto send = [end](std::string_view text) {
            while (!text.empty()) {
                const ssize_t sent = ::write(end, text.data(), text.size());
                if (sent <= 0) return;
                text.remove_prefix(static_cast<std::size_t>(sent));
            }
        };
        send("\n");
        for (int i = 0; i < 1024; ++i) send(piece);
        send("\n" + std::string{kGood} + "\n");
        ::close(end);
    });
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    const Outcome outcome = import("/dev/fd/" + std::to_string(ends[0]), {"--format", "jsonl"});
    writer.join();
    ::close(ends[0]);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("line 2: refused: longer than 1048576 bytes"));
    EXPECT_EQ(products(), 1);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "kB more than before";
}

TEST_F(ImportTest, an_import_that_is_killed_leaves_whole_products_and_another_one_completes_it) {
    const fs::path file = kRealCatalogue;
    std::int64_t left = 0;
    for (const int wait_ms : {60, 150, 300}) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const int nothing = ::open("/dev/null", O_WRONLY);
            ::dup2(nothing, STDOUT_FILENO);
            ::dup2(nothing, STDERR_FILENO);
            ::_exit(import_here({file.string(), "--data", data().string(), "--no-price", "hide"}));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{wait_ms});
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!fs::exists(data() / "marketday.db")) continue;
        CatalogueSite site{data()};
        left = run_task(site.catalogue().count()).value();
        // Each product that is there is there with all that belongs to it.
        std::int64_t seen = 0;
        for (std::int64_t change = 0;;) {
            const auto changes = run_task(site.catalogue().changed_after(change, 5000)).value();
            if (changes.empty()) break;
            std::vector<domain::SkuCode> skus;
            for (const auto& item : changes) skus.push_back(item.product.sku);
            const auto offers = run_task(site.order_book().offers(skus)).value();
            for (const auto& offer : offers) EXPECT_TRUE(offer);
            for (const auto& item : changes) EXPECT_FALSE(item.product.name.empty());
            seen += static_cast<std::int64_t>(changes.size());
            change = changes.back().number;
        }
        EXPECT_EQ(seen, left);
    }
    const Outcome outcome = import(file, {"--no-price", "hide", "--json"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("\"created\":" + std::to_string(kRealProducts - left)));
    EXPECT_EQ(products(), kRealProducts);
}

TEST_F(ImportTest, a_running_server_takes_the_real_catalogue_over_its_admin_address) {
    fs::create_directories(data());
    CatalogueSite site{data()};
    ::setenv("MARKETDAY_OPERATOR_TOKEN", CatalogueSite::kToken, 1);
    testing::internal::CaptureStdout();
    const int exit_code = import_here({kRealCatalogue.string(), "--url", site.url(), "--no-price", "1000", "--json"});
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr(R"("created":42844)"));
    EXPECT_EQ(exit_code, 0);

    // Line numbers are those of the file, in CSV with line ends in quotes too.
    const fs::path csv = write("a.csv", "sku,name_en,description_en,price\n\na,A,\"two\nlines\",5\nb,B,,x\n");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    EXPECT_EQ(import_here({csv.string(), "--url", site.url()}), 1);
    testing::internal::GetCapturedStdout();
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("line 5: b: refused: price x is not an amount of KRW"));

    ::setenv("MARKETDAY_OPERATOR_TOKEN", "wrong", 1);
    testing::internal::CaptureStderr();
    EXPECT_EQ(import_here({csv.string(), "--url", site.url()}), 2);
    EXPECT_NE(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace marketday
