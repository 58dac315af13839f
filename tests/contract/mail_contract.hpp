#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/mail.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What the suite needs of one adapter: a way to send, and a way to look at what would reach readers.
struct MailStore {
    virtual ~MailStore() = default;
    virtual ports::Mail& mail() = 0;
    /// The messages that were handed over, as RFC 5322 text.
    virtual std::vector<std::string> messages() = 0;
};

struct MailFactory {
    std::string name;
    std::function<std::unique_ptr<MailStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(File, MailContract, testing::Values(MailFactory{…}));
class MailContract : public testing::TestWithParam<MailFactory> {
protected:
    void SetUp() override { store_ = GetParam().make(); }
    ports::Mail::Letter letter(std::uint8_t number) {
        ports::Mail::Letter letter{.id = {},
                                   .to = "mina@example.com",
                                   .subject = "Hello",
                                   .text = "one\ntwo\n",
                                   .written_at = from_unix_ms(1'790'000'000'000)};
        letter.id.bytes.fill(number);
        return letter;
    }
    std::unique_ptr<MailStore> store_;
};

TEST_P(MailContract, a_letter_is_handed_over_with_its_reader_and_subject) {
    ASSERT_TRUE(run_task(store_->mail().send(letter(1))).has_value());
    const auto messages = store_->messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_THAT(messages[0], testing::HasSubstr("\r\nTo: mina@example.com\r\n"));
    EXPECT_THAT(messages[0], testing::HasSubstr("\r\nSubject: Hello\r\n"));
    EXPECT_THAT(messages[0], testing::EndsWith("b25lCnR3bwo=\r\n"));
}

TEST_P(MailContract, a_letter_sent_twice_arrives_once) {
    ASSERT_TRUE(run_task(store_->mail().send(letter(1))).has_value());
    ASSERT_TRUE(run_task(store_->mail().send(letter(1))).has_value());
    ASSERT_TRUE(run_task(store_->mail().send(letter(2))).has_value());
    EXPECT_EQ(store_->messages().size(), 2U);
}

TEST_P(MailContract, korean_subjects_are_encoded_and_no_line_is_too_long) {
    auto korean = letter(1);
    korean.subject = "[가게] 이메일 주소를 확인해 주세요, 아주 긴 제목도 한 줄에 다 들어가지 않습니다";
    korean.text = std::string(5000, 'x') + "\n";
    ASSERT_TRUE(run_task(store_->mail().send(korean)).has_value());
    const std::string message = store_->messages().at(0);
    EXPECT_THAT(message, testing::HasSubstr("Subject: =?UTF-8?B?"));
    std::size_t start = 0;
    for (std::size_t end = message.find("\r\n"); end != std::string::npos; end = message.find("\r\n", start)) {
        EXPECT_LE(end - start, 998U);
        start = end + 2;
    }
}

}  // namespace marketday::contract
