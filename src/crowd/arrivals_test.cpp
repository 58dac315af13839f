#include "crowd/arrivals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>

namespace marketday::crowd {
namespace {

std::vector<std::int64_t> times(std::uint64_t seed, std::size_t count, const Shape& shape = {}) {
    SeededRandom random(seed);
    return arrival_times(count, 10'000'000, shape, random);
}

TEST(Arrivals, the_same_seed_gives_the_same_schedule_and_another_another) {
    EXPECT_EQ(times(1, 1000), times(1, 1000));
    EXPECT_NE(times(1, 1000), times(2, 1000));
}

TEST(Arrivals, all_come_within_the_window_in_order) {
    const auto all = times(5, 10'000);
    EXPECT_TRUE(std::ranges::is_sorted(all));
    EXPECT_GE(all.front(), 0);
    EXPECT_LT(all.back(), 10'000'000);
    const auto half = static_cast<double>(std::ranges::count_if(all, [](std::int64_t at) { return at < 5'000'000; }));
    EXPECT_NEAR(half, 5000, 250);
}

TEST(Arrivals, follow_the_shape) {
    const auto all = times(5, 10'000, {0, 100, 300, 0, 100});
    std::array<double, 5> parts{};
    for (const std::int64_t at : all) ++parts[static_cast<std::size_t>(at / 2'000'000)];
    EXPECT_EQ(parts[0], 0);
    EXPECT_NEAR(parts[1], 2000, 200);
    EXPECT_NEAR(parts[2], 6000, 250);
    EXPECT_EQ(parts[3], 0);
    EXPECT_NEAR(parts[4], 2000, 200);
}

class ShapeFile : public testing::Test {
protected:
    std::string write(std::string_view text) {
        const gzFile out = gzopen(path_.c_str(), "wb");
        gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
        gzclose(out);
        return path_;
    }
    void TearDown() override { std::filesystem::remove(path_); }
    std::string path_ = testing::TempDir() + "/shape-" + std::to_string(getpid()) + ".csv.gz";
};

TEST_F(ShapeFile, is_read_from_gzip_and_cut_to_the_rows_asked_for) {
    const std::string file = write("period,count\n1998-04-30 21:30:00,2\r\n1998-04-30 21:31:00,11\nx,5\n");
    EXPECT_EQ(read_shape(file, 0, 0).value(), (Shape{2, 11, 5}));
    EXPECT_EQ(read_shape(file, 1, 1).value(), (Shape{11}));
}

TEST_F(ShapeFile, names_the_row_that_is_wrong) {
    const auto shape = read_shape(write("period,count\na,1\nb,many\n"), 0, 0);
    ASSERT_FALSE(shape.has_value());
    EXPECT_NE(shape.error().message.find("row 2"), std::string::npos) << shape.error().message;
}

TEST_F(ShapeFile, that_is_cut_off_is_refused) {
    const std::string file = write(std::string(100'000, 'x'));
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    EXPECT_FALSE(read_text_file(file).has_value());
    EXPECT_FALSE(read_text_file("/nowhere/at/all").has_value());
}

}  // namespace
}  // namespace marketday::crowd
