#include "adapters/distributed/smtp_mail.hpp"
#include "tests/contract/mail_contract.hpp"
#include "tests/support/smtp_server.hpp"

namespace marketday::contract {
namespace {

using adapters::SmtpMail;
using Tls = SmtpMail::Tls;

SmtpMail::Options options_of(const SmtpServer& server, Tls tls = Tls::none) {
    SmtpMail::Options options;
    options.server = server.url();
    options.tls = tls;
    options.sender = "shop@example.com";
    options.within = milliseconds{4000};
    return options;
}

class SmtpMailStore final : public MailStore {
public:
    ports::Mail& mail() override { return mail_; }
    std::vector<std::string> messages() override { return server_.files(".eml"); }

private:
    SmtpServer server_;
    ThreadPool pool_{{.name = "mail", .threads = 1, .waiting_max = 16}};
    SmtpMail mail_{pool_, options_of(server_)};
};

INSTANTIATE_TEST_SUITE_P(Smtp, MailContract,
                         testing::Values(MailFactory{"smtp", [] { return std::make_unique<SmtpMailStore>(); }}),
                         [](const auto& made) { return made.param.name; });

class Smtp : public testing::Test {
protected:
    static ports::Mail::Letter letter(std::string to) {
        ports::Mail::Letter made{.id = {},
                                 .to = std::move(to),
                                 .subject = "Hello",
                                 .text = "Good day.\n",
                                 .written_at = from_unix_ms(1'790'000'000'000)};
        static std::uint8_t number = 0;
        made.id.bytes.fill(++number);
        return made;
    }
    Result<std::monostate, ports::Mail::Error> send(SmtpMail& mail, std::string to) {
        return run_task(mail.send(letter(std::move(to))));
    }
    ThreadPool pool_{{.name = "mail", .threads = 1, .waiting_max = 16}};
};

TEST_F(Smtp, what_is_refused_for_good_is_told_from_what_may_be_tried_again) {
    SmtpServer server;
    SmtpMail mail{pool_, options_of(server)};
    EXPECT_EQ(send(mail, "gone@example.com").error(), ports::Mail::Error::refused);
    EXPECT_EQ(send(mail, "unwanted@example.com").error(), ports::Mail::Error::refused);
    EXPECT_EQ(send(mail, "busy@example.com").error(), ports::Mail::Error::unavailable);
    EXPECT_TRUE(send(mail, "mina@example.com"));
    EXPECT_EQ(server.files(".eml").size(), 1U);
}

TEST_F(Smtp, letters_go_over_tls_to_a_server_that_can_be_trusted_with_a_password) {
    SmtpServer server{{"tls", "auth"}};
    auto options = options_of(server, Tls::required);
    options.user = "shop";
    options.password = "open sesame";
    {
        SmtpMail stranger{pool_, options};
        EXPECT_EQ(send(stranger, "mina@example.com").error(), ports::Mail::Error::unavailable);
    }
    options.tls_ca = server.certificate();
    SmtpMail mail{pool_, options};
    ASSERT_TRUE(send(mail, "mina@example.com"));
    const std::string facts = server.files(".json").at(0);
    EXPECT_THAT(facts, testing::HasSubstr("\"tls\": true"));
    EXPECT_THAT(facts, testing::HasSubstr("\"user\": \"shop\""));
    options.password = "sesame";
    SmtpMail wrong{pool_, options};
    EXPECT_EQ(send(wrong, "mina@example.com").error(), ports::Mail::Error::unavailable);
}

TEST_F(Smtp, a_server_without_tls_gets_nothing_when_tls_is_required) {
    SmtpServer server;
    SmtpMail mail{pool_, options_of(server, Tls::required)};
    EXPECT_EQ(send(mail, "mina@example.com").error(), ports::Mail::Error::unavailable);
    EXPECT_TRUE(server.files(".eml").empty());
}

TEST_F(Smtp, an_address_in_another_script_is_handed_over_as_it_is) {
    SmtpServer server;
    SmtpMail mail{pool_, options_of(server)};
    ASSERT_TRUE(send(mail, "김민아@example.com"));
    const std::string facts = server.files(".json").at(0);
    EXPECT_THAT(facts, testing::HasSubstr("\"utf8\": true"));
}

TEST_F(Smtp, a_frozen_or_absent_server_costs_no_more_than_the_time_allowed) {
    SmtpServer server;
    auto options = options_of(server);
    options.within = milliseconds{600};
    SmtpMail mail{pool_, options};
    server.freeze();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(send(mail, "mina@example.com"));
    // Without the limit it would be curl's own, five minutes; every core may be busy with something else.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds{10});
    const DeafPort nobody;
    options.server = "smtp://127.0.0.1:" + std::to_string(nobody.port());
    SmtpMail nowhere{pool_, options};
    EXPECT_EQ(send(nowhere, "mina@example.com").error(), ports::Mail::Error::unavailable);
}

TEST_F(Smtp, what_is_no_server_or_sender_is_refused_at_the_start) {
    SmtpMail::Options options;
    options.server = "mail.example.com";
    EXPECT_THROW(SmtpMail(pool_, options), std::runtime_error);
    options.server = "smtp://mail.example.com";
    options.sender = "shop@example.com>\r\nRCPT TO:<all@example.com";
    EXPECT_THROW(SmtpMail(pool_, options), std::runtime_error);
}

}  // namespace
}  // namespace marketday::contract
