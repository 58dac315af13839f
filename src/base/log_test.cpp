#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/log_output.hpp"

namespace marketday {
namespace {

/// A pipe in the place of standard error, which nobody reads until somebody does.
class UnreadLog {
public:
    UnreadLog() : before_(::dup(STDERR_FILENO)) {
        EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        ::dup2(ends_[1], STDERR_FILENO);
    }
    ~UnreadLog() {
        ::dup2(before_, STDERR_FILENO);
        for (const int descriptor : {before_, ends_[0], ends_[1]}) ::close(descriptor);
    }
    UnreadLog(const UnreadLog&) = delete;
    UnreadLog& operator=(const UnreadLog&) = delete;

    int writable_end() const { return ends_[1]; }
    std::string read_all() {
        std::string all;
        std::array<char, 4096> some{};
        for (ssize_t got = 0; (got = ::read(ends_[0], some.data(), some.size())) > 0;)
            all.append(some.data(), static_cast<std::size_t>(got));
        return all;
    }

private:
    int before_;
    std::array<int, 2> ends_{};
};

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(Log, that_nobody_reads_holds_up_nobody_and_says_later_how_much_is_missing) {
    constexpr std::size_t kLines = 5'000;
    UnreadLog unread;
    const auto lost_before = log::lines_lost_total();
    for (std::size_t i = 0; i < kLines; ++i) log::warn("test.line", {{"number", i}});
    const std::string kept = unread.read_all();
    const std::size_t lost = kLines - lines_of(kept);
    EXPECT_GT(lost, 0U) << "the pipe was never full";
    EXPECT_TRUE(kept.ends_with("}\n"));
    EXPECT_EQ(log::lines_lost_total() - lost_before, lost);

    log::warn("test.after");
    const std::string after = unread.read_all();
    EXPECT_EQ(lines_of(after), 2U) << after;
    EXPECT_NE(after.find("\"event\":\"log.lines_lost\",\"lines\":" + std::to_string(lost) + "}"), std::string::npos)
        << after;
    EXPECT_LT(after.find("log.lines_lost"), after.find("test.after"));

    log::warn("test.again");
    EXPECT_EQ(lines_of(unread.read_all()), 1U) << "it is said once";
}

TEST(Log, a_long_line_that_broke_off_is_ended_before_the_next) {
    UnreadLog unread;
    log::LogOutput output{unread.writable_end()};
    const std::string longer_than_a_pipe = std::string(1 << 20, 'x') + '\n';
    EXPECT_FALSE(output.put(longer_than_a_pipe));
    EXPECT_FALSE(output.put("lost\n"));
    const std::string begun = unread.read_all();
    EXPECT_GT(begun.size(), 4096U);
    EXPECT_EQ(lines_of(begun), 0U);
    EXPECT_TRUE(output.put("next\n"));
    EXPECT_EQ(unread.read_all(), "\nnext\n");
}

}  // namespace
}  // namespace marketday
