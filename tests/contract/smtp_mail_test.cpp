#include "adapters/distributed/smtp_mail.hpp"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/contract/mail_contract.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::contract {
namespace {

using adapters::SmtpMail;
using Tls = SmtpMail::Tls;

bool listens(int port) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket{io};
    boost::system::error_code error;
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)}, error);
    return !error;
}

class SmtpServer {
public:
    explicit SmtpServer(std::vector<std::string> wishes = {}) {
        std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
        // The server's user need not be able to read the sources.
        const auto script = directory_.path() / "smtp_server.py";
        std::filesystem::copy_file(MARKETDAY_SMTP_SERVER, script);
        std::vector<std::string> command{"/usr/bin/python3", script.string(), std::to_string(port_),
                                         directory_.path().string()};
        std::ranges::move(wishes, std::back_inserter(command));
        pid_ = launch(std::move(command), "nobody", directory_.path() / "server.log");
        for (int i = 0; !listens(port_); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            if (i < 400) continue;
            end_process(pid_, SIGKILL);
            throw std::runtime_error(
                "the SMTP server does not start; is the package python3-aiosmtpd installed? Look at " +
                (directory_.path() / "server.log").string());
        }
    }
    ~SmtpServer() { end_process(pid_, SIGKILL); }
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;

    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    std::string certificate() const { return (directory_.path() / "cert.pem").string(); }
    void freeze() { ::kill(pid_, SIGSTOP); }
    std::vector<std::string> files(const std::string& extension) const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            if (entry.path().extension() != extension) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{});
        }
        return all;
    }

private:
    TemporaryDirectory directory_;
    int port_ = free_port();
    int pid_ = -1;
};

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
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds{3});
    options.server = "smtp://127.0.0.1:" + std::to_string(free_port());
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
