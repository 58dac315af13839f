#include "adapters/embedded/file_images.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include "adapters/embedded/vips_image_studio.hpp"
#include "tests/contract/image_studio_contract.hpp"
#include "tests/contract/images_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::contract {
namespace {

class FileImagesStore final : public ImagesStore {
public:
    FileImagesStore() { reopen(); }
    ports::Images& images() override { return *images_; }
    void reopen() override {
        images_ = std::make_unique<adapters::FileImages>(
            pool_, adapters::FileImages::Options{.directory = directory_.path() / "images"});
    }

private:
    TemporaryDirectory directory_;
    ThreadPool pool_{{.name = "images", .threads = 1, .waiting_max = 16}};
    std::unique_ptr<adapters::FileImages> images_;
};

class VipsStudio final : public Studio {
public:
    ports::ImageStudio& studio() override { return studio_; }

private:
    ThreadPool pool_{{.name = "studio", .threads = 1, .waiting_max = 16}};
    adapters::VipsImageStudio studio_{pool_};
};

const auto kName = [](const auto& made) { return made.param.name; };
INSTANTIATE_TEST_SUITE_P(File, ImagesContract,
                         testing::Values(ImagesFactory{"file", [] { return std::make_unique<FileImagesStore>(); }}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Vips, ImageStudioContract,
                         testing::Values(StudioFactory{"vips", [] { return std::make_unique<VipsStudio>(); }}), kName);

TEST(FileImagesTest, a_directory_that_cannot_be_made_is_refused_at_once) {
    ThreadPool pool{{.name = "images", .threads = 1, .waiting_max = 16}};
    EXPECT_THROW(adapters::FileImages(pool, {.directory = "/proc/images"}), std::runtime_error);
}

TEST(FileImagesTest, half_a_picture_that_a_crash_left_is_never_seen) {
    ThreadPool pool{{.name = "images", .threads = 1, .waiting_max = 16}};
    TemporaryDirectory directory;
    adapters::FileImages images{pool, {.directory = directory.path()}};
    std::filesystem::create_directory(directory.path() / "mug-1");
    std::ofstream(directory.path() / "mug-1" / ".a.webp.part") << "half";
    EXPECT_TRUE(run_task(images.list("mug-1")).value().empty());
    ports::Images::Name name{"mug-1", "a.webp"};
    EXPECT_FALSE(run_task(images.get(std::move(name))).value());
}

TEST(FileImagesTest, two_processes_that_put_one_picture_at_one_time_both_succeed_and_nobody_sees_half_of_it) {
    TemporaryDirectory directory;
    const auto bytes = std::make_shared<const std::string>(2'000'000, 'z');
    constexpr int kPictures = 40;
    const auto name = [](int picture) { return ports::Images::Name{"mug-1", std::to_string(picture) + ".webp"}; };
    std::atomic<int> failed{0};
    std::atomic<int> halves{0};
    const auto process = [&] {
        ThreadPool pool{{.name = "images", .threads = 1, .waiting_max = 16}};
        adapters::FileImages images{pool, {.directory = directory.path()}};
        for (int picture = 0; picture < kPictures; ++picture) {
            auto put = name(picture);
            if (!run_task(images.put(std::move(put), bytes))) ++failed;
            auto got = name(picture);
            const auto seen = run_task(images.get(std::move(got)));
            if (!seen || !*seen || (**seen)->size() != bytes->size()) ++halves;
        }
    };
    std::thread one{process};
    std::thread two{process};
    one.join();
    two.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(halves, 0);
    for (const auto& file : std::filesystem::directory_iterator(directory.path() / "mug-1"))
        EXPECT_TRUE(ports::Images::is_file(file.path().filename().string())) << file.path();
}

}  // namespace
}  // namespace marketday::contract
