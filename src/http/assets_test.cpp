#include "http/assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "http/ready.hpp"

namespace marketday::http {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr EmbeddedAsset kNew[] = {
    {"line.js", "line.NEWnew1234.js", "text/javascript; charset=utf-8", "now()", "gzipped", "brotlied"},
    {"favicon.svg", "favicon.0000000000.svg", "image/svg+xml", "<svg/>", {}, {}}};
constexpr EmbeddedAsset kOld[] = {
    {"line.js", "line.OLDold1234.js", "text/javascript; charset=utf-8", "then()", "gz then", "br then"}};

class AssetsTest : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        directory_ = fs::temp_directory_path() / ("marketday-assets-" + std::string{test->name()});
        fs::remove_all(directory_);
    }
    void TearDown() override { fs::remove_all(directory_); }
    fs::path directory_;
};

std::string body_of(const std::string& form) { return std::string{split_ready(form).body}; }

TEST_F(AssetsTest, an_asset_is_kept_for_ever_in_each_encoding) {
    Assets assets({.directory = directory_}, kNew);
    EXPECT_EQ(assets.url("line.js"), "/assets/line.NEWnew1234.js");
    const auto ready = assets.find("line.NEWnew1234.js");
    ASSERT_NE(ready, nullptr);
    EXPECT_THAT(ready->identity, HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
    EXPECT_THAT(ready->identity, HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"));
    EXPECT_THAT(ready->brotli, HasSubstr("Content-Encoding: br\r\n"));
    EXPECT_EQ(body_of(ready->identity), "now()");
    EXPECT_EQ(body_of(ready->gzip), "gzipped");
    EXPECT_EQ(body_of(ready->brotli), "brotlied");
    EXPECT_FALSE(ready->etag.empty());
    const auto plain = assets.find("favicon.0000000000.svg");
    EXPECT_TRUE(plain->gzip.empty());
    EXPECT_THAT(plain->identity, Not(HasSubstr("Vary")));
}

TEST_F(AssetsTest, files_of_earlier_versions_are_served_on) {
    {
        Assets before({.directory = directory_}, kOld);
    }
    Assets assets({.directory = directory_}, kNew);
    const auto ready = assets.find("line.OLDold1234.js");
    ASSERT_NE(ready, nullptr);
    EXPECT_EQ(body_of(ready->identity), "then()");
    EXPECT_EQ(body_of(ready->gzip), "gz then");
    EXPECT_EQ(body_of(ready->brotli), "br then");
    EXPECT_EQ(assets.find("line.OLDold1234.js"), ready) << "read once";
}

TEST_F(AssetsTest, files_of_a_newer_process_are_served_too) {
    Assets assets({.directory = directory_}, kOld);
    EXPECT_EQ(assets.find("line.NEWnew1234.js"), nullptr);
    const Assets newer({.directory = directory_}, kNew);
    EXPECT_NE(assets.find("line.NEWnew1234.js"), nullptr);
}

TEST_F(AssetsTest, the_oldest_of_earlier_versions_are_forgotten_past_the_limit) {
    {
        Assets before({.directory = directory_}, kOld);
    }
    Assets assets({.directory = directory_, .earlier_bytes_max = 0}, kNew);
    EXPECT_EQ(assets.find("line.OLDold1234.js"), nullptr);
    EXPECT_NE(assets.find("line.NEWnew1234.js"), nullptr);
    EXPECT_TRUE(fs::exists(directory_ / "line.NEWnew1234.js.br"));
}

TEST_F(AssetsTest, nothing_but_assets_leaves_the_directory) {
    fs::create_directories(directory_ / "assets");
    std::ofstream(directory_ / "secret.key") << "hush";
    std::ofstream(directory_ / "secret.0000000000.js") << "hush";
    std::ofstream(directory_ / "assets" / "notes.txt") << "hush";
    Assets assets({.directory = directory_ / "assets"}, kNew);
    for (const char* name : {"../secret.key", "../secret.0000000000.js", "notes.txt", "..", "", "line.NEWnew1234.js.br",
                             "/etc/passwd", "a/b.c.js", ".x.js", "x..js"})
        EXPECT_EQ(assets.find(name), nullptr) << name;
}

TEST_F(AssetsTest, a_directory_that_cannot_be_written_is_no_reason_to_stop) {
    std::ofstream(directory_) << "a file where the directory should be";
    Assets assets({.directory = directory_}, kNew);
    EXPECT_NE(assets.find("line.NEWnew1234.js"), nullptr);
    EXPECT_EQ(assets.find("line.OLDold1234.js"), nullptr);
}

TEST_F(AssetsTest, the_program_has_its_console_and_its_sign) {
    const Assets assets({.directory = {}});
    for (const char* name : {"console.js", "console.css", "favicon.svg"})
        EXPECT_THAT(std::string{assets.url(name)}, testing::StartsWith("/assets/")) << name;
    const auto icon = assets.unversioned("favicon.svg");
    ASSERT_NE(icon, nullptr);
    EXPECT_THAT(icon->identity, Not(HasSubstr("immutable")));
}

}  // namespace
}  // namespace marketday::http
