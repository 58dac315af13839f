#include "adapters/distributed/s3_images.hpp"

#include <latch>

#include "adapters/distributed/s3_request.hpp"
#include "tests/contract/images_contract.hpp"
#include "tests/support/bad_proxy.hpp"
#include "tests/support/s3_server.hpp"

namespace marketday::contract {
namespace {

using adapters::S3Images;
using Fault = BadProxy::Fault;

S3Images::Options options_of(const BucketServer& server) {
    static int prefixes = 0;
    return {.endpoint = server.url(),
            .bucket = BucketServer::kBucket,
            .prefix = "shop-" + std::to_string(++prefixes),
            .access_key = BucketServer::kAccessKey,
            .secret_key = BucketServer::kSecretKey,
            .tls_ca = {},
            .within = milliseconds{5000},
            .files_per_answer = 1000};
}

BucketServer& shared_server() {
    static BucketServer server;
    return server;
}

class S3ImagesStore final : public ImagesStore {
public:
    S3ImagesStore() { reopen(); }
    ports::Images& images() override { return *images_; }
    void reopen() override { images_ = std::make_unique<S3Images>(pool_, options_); }

private:
    S3Images::Options options_ = options_of(shared_server());
    ThreadPool pool_{{.name = "images", .threads = 2, .waiting_max = 16}};
    std::unique_ptr<S3Images> images_;
};

INSTANTIATE_TEST_SUITE_P(S3, ImagesContract,
                         testing::Values(ImagesFactory{"s3", [] { return std::make_unique<S3ImagesStore>(); }}),
                         [](const auto& made) { return made.param.name; });

class S3 : public testing::Test {
protected:
    using Error = ports::Images::Error;
    static auto put(S3Images& images, std::string file, std::string bytes) {
        ports::Images::Name name{"mug-1", std::move(file)};
        ports::Images::Bytes shared = std::make_shared<const std::string>(std::move(bytes));
        return run_task(images.put(std::move(name), std::move(shared)));
    }
    static auto get(S3Images& images, std::string file) {
        ports::Images::Name name{"mug-1", std::move(file)};
        return run_task(images.get(std::move(name)));
    }
    S3Images::Options options_ = options_of(shared_server());
    ThreadPool pool_{{.name = "images", .threads = 2, .waiting_max = 16}};
};

TEST_F(S3, many_pictures_of_a_product_are_listed_whole) {
    options_.files_per_answer = 5;
    S3Images images{pool_, options_};
    for (int i = 0; i < 23; ++i) ASSERT_TRUE(put(images, "p" + std::to_string(10'000 + i), "x"));
    const auto files = run_task(images.list("mug-1"));
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), 23U) << "more than one answer holds";
    EXPECT_EQ(files->front(), "p10000");
    EXPECT_EQ(files->back(), "p10022");
    EXPECT_TRUE(run_task(images.list("mug"))->empty()) << "another product, whose name begins alike";
}

TEST_F(S3, a_wrong_key_or_bucket_is_an_error_and_not_an_empty_shop) {
    auto wrong = options_;
    wrong.secret_key = "another";
    S3Images stranger{pool_, wrong};
    EXPECT_EQ(put(stranger, "a", "x").error(), Error::unavailable);
    EXPECT_EQ(get(stranger, "a").error(), Error::unavailable);
    EXPECT_EQ(run_task(stranger.list("mug-1")).error(), Error::unavailable);
    auto elsewhere = options_;
    elsewhere.bucket = "not-there";
    S3Images lost{pool_, elsewhere};
    EXPECT_EQ(put(lost, "a", "x").error(), Error::unavailable);
    EXPECT_EQ(get(lost, "a").error(), Error::unavailable);
    EXPECT_EQ(run_task(lost.list("mug-1")).error(), Error::unavailable);
    EXPECT_GE(lost.figures().failed, 3U);
}

TEST_F(S3, what_cannot_be_meant_is_refused_at_the_start) {
    const auto refused = [this](auto change) {
        auto options = options_;
        change(options);
        EXPECT_THROW(S3Images(pool_, options), std::runtime_error);
    };
    refused([](auto& o) { o.endpoint = "ftp://127.0.0.1"; });
    refused([](auto& o) { o.bucket = "No Bucket"; });
    refused([](auto& o) { o.secret_key.clear(); });
}

TEST_F(S3, over_a_bad_network_what_is_said_is_so) {
    BadProxy proxy{shared_server().port()};
    auto options = options_;
    S3Images direct{pool_, options};
    options.endpoint = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.within = milliseconds{900};
    S3Images images{pool_, options};
    const std::string bytes(20'000, 'b');
    int number = 0;
    ASSERT_TRUE(put(images, "p0", bytes));
    const std::size_t sent_back = proxy.passed(BadProxy::Way::to_client);
    ASSERT_GT(sent_back, 100U);
    for (const auto kind :
         {Fault::Kind::cut, Fault::Kind::truncate, Fault::Kind::silence, Fault::Kind::garbage, Fault::Kind::refuse}) {
        for (const auto way : {BadProxy::Way::to_server, BadProxy::Way::to_client}) {
            // A picture goes there, and an empty answer to each of two questions comes back, of somewhat different
            // sizes.
            const std::size_t most = way == BadProxy::Way::to_server ? 20'000 : sent_back;
            for (const std::size_t after : {std::size_t{0}, most / 4, most / 2}) {
                SCOPED_TRACE(testing::Message() << "fault " << static_cast<int>(kind) << ", way "
                                                << static_cast<int>(way) << ", after " << after << " bytes");
                const std::string file = "p" + std::to_string(++number);
                proxy.set({.kind = kind, .way = way, .after_bytes = after, .delay = {}});
                const auto begun = std::chrono::steady_clock::now();
                const auto ended = put(images, file, bytes);
                EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{2500});
                EXPECT_GT(proxy.felt(), 0U) << "nobody met the fault";
                proxy.set({});
                const auto there = get(direct, file);
                ASSERT_TRUE(there);
                // Whole or not at all, and as it was said.
                if (*there) {
                    EXPECT_TRUE(***there == bytes);
                }
                if (ended || ended.error() == Error::unavailable) {
                    EXPECT_EQ(there->has_value(), ended.has_value());
                }
                ASSERT_TRUE(put(images, file, bytes)) << "it works again";
                const auto read = get(images, file);
                ASSERT_TRUE(read && *read);
                EXPECT_TRUE(***read == bytes);
            }
        }
    }
}

TEST_F(S3, whoever_waits_for_a_thread_waits_no_longer_than_for_an_answer) {
    BadProxy proxy{shared_server().port()};
    auto options = options_;
    options.endpoint = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.within = milliseconds{700};
    ThreadPool two{{.name = "images", .threads = 2, .waiting_max = 64}};
    S3Images images{two, options};
    proxy.set({.kind = Fault::Kind::silence, .way = BadProxy::Way::to_server, .after_bytes = 0, .delay = {}});
    std::vector<std::thread> askers;
    std::atomic<int> failed{0};
    std::latch all_there{30};
    for (int i = 0; i < 30; ++i)
        askers.emplace_back([&, i] {
            all_there.arrive_and_wait();
            const auto answer = get(images, "p" + std::to_string(i));
            if (!answer && answer.error() == Error::unavailable) ++failed;
        });
    for (auto& asker : askers) asker.join();
    EXPECT_EQ(failed, 30);
    // The bucket is asked for the first two. Without the deadline it is for all thirty, one after the other.
    EXPECT_LT(images.figures().requests, 15U);
}

TEST(S3Texts, are_signed_and_read_as_the_server_does) {
    EXPECT_EQ(adapters::s3_encoded("shop/exu-%3F!+~/a b.webp"), "shop/exu-%253F%21%2B~/a%20b.webp");
    EXPECT_EQ(adapters::s3_texts("<a><Key>x</Key><Key></Key><Key>no end", "Key"), (std::vector<std::string>{"x", ""}));
}

}  // namespace
}  // namespace marketday::contract
