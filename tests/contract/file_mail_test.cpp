#include "adapters/embedded/file_mail.hpp"

#include <fstream>
#include <iterator>

#include "tests/contract/mail_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::contract {
namespace {

class FileMailStore final : public MailStore {
public:
    ports::Mail& mail() override { return mail_; }
    std::vector<std::string> messages() override {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            EXPECT_EQ(entry.path().extension(), ".eml") << "only whole letters are seen";
            std::ifstream in(entry.path(), std::ios::binary);
            all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{});
        }
        return all;
    }

private:
    TemporaryDirectory directory_;
    ThreadPool pool_{{.name = "mail", .threads = 1, .waiting_max = 16}};
    adapters::FileMail mail_{pool_, {.directory = directory_.path()}};
};

INSTANTIATE_TEST_SUITE_P(File, MailContract,
                         testing::Values(MailFactory{"file", [] { return std::make_unique<FileMailStore>(); }}),
                         [](const auto& made) { return made.param.name; });

TEST(FileMailTest, a_directory_that_cannot_be_made_is_refused_at_once) {
    ThreadPool pool{{.name = "mail", .threads = 1, .waiting_max = 16}};
    EXPECT_THROW(adapters::FileMail(pool, {.directory = "/proc/mail"}), std::runtime_error);
}

TEST(FileMailTest, a_full_or_missing_directory_is_unavailable_and_leaves_nothing) {
    ThreadPool pool{{.name = "mail", .threads = 1, .waiting_max = 16}};
    TemporaryDirectory directory;
    const auto gone = directory.path() / "gone";
    adapters::FileMail mail{pool, {.directory = gone}};
    std::filesystem::remove(gone);
    ports::Mail::Letter letter{.id = {}, .to = "a@b.c", .subject = "s", .text = "t", .written_at = {}};
    const auto sent = run_task(mail.send(letter));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), ports::Mail::Error::unavailable);
}

}  // namespace
}  // namespace marketday::contract
