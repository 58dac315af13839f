#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/image_studio.hpp"
#include "tests/support/png.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct Studio {
    virtual ~Studio() = default;
    virtual ports::ImageStudio& studio() = 0;
};

struct StudioFactory {
    std::string name;
    std::function<std::unique_ptr<Studio>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Vips, ImageStudioContract, testing::Values(StudioFactory{…}));
class ImageStudioContract : public testing::TestWithParam<StudioFactory> {
protected:
    using ImageStudio = ports::ImageStudio;
    using Outcome = Result<std::vector<ImageStudio::Form>, ImageStudio::Refusal>;

    void SetUp() override { store_ = GetParam().make(); }
    Outcome develop(std::string bytes, std::optional<ImageStudio::Rectangle> crop = {}) {
        ImageStudio::Order order{
            .bytes = std::move(bytes), .crop = crop, .sharpen_percent = 100, .widths = {32, 64, 128}};
        return run_task(store_->studio().develop(std::move(order))).value();
    }
    std::unique_ptr<Studio> store_;
};

TEST_P(ImageStudioContract, a_picture_comes_in_every_width_that_it_has_and_is_never_blown_up) {
    const auto forms = develop(png_of(100, 50));
    ASSERT_TRUE(forms);
    ASSERT_EQ(forms->size(), 3U);
    EXPECT_EQ((*forms)[0].width, 32);
    EXPECT_EQ((*forms)[0].height, 16);
    EXPECT_EQ((*forms)[1].width, 64);
    EXPECT_EQ((*forms)[2].wanted_width, 128);
    EXPECT_EQ((*forms)[2].width, 100);
    for (const auto& form : *forms) {
        EXPECT_EQ(form.webp.substr(0, 4), "RIFF");
        EXPECT_EQ(form.webp.substr(8, 4), "WEBP");
    }
}

TEST_P(ImageStudioContract, a_crop_is_what_is_left) {
    const auto forms = develop(png_of(100, 50), ImageStudio::Rectangle{10, 10, 40, 40});
    ASSERT_TRUE(forms);
    EXPECT_EQ((*forms)[2].width, 40);
    EXPECT_EQ((*forms)[2].height, 40);
}

TEST_P(ImageStudioContract, a_crop_outside_the_picture_is_refused) {
    for (const auto& crop : {ImageStudio::Rectangle{90, 0, 11, 10}, ImageStudio::Rectangle{-1, 0, 10, 10},
                             ImageStudio::Rectangle{0, 0, 0, 10}, ImageStudio::Rectangle{0, 41, 10, 10},
                             ImageStudio::Rectangle{INT64_MAX, 0, 10, 10}}) {
        const auto forms = develop(png_of(100, 50), crop);
        ASSERT_FALSE(forms);
        EXPECT_EQ(forms.error(), ImageStudio::Refusal::bad_crop);
    }
}

TEST_P(ImageStudioContract, what_is_no_picture_is_refused) {
    const std::string png = png_of(100, 50);
    for (const std::string& bytes :
         {std::string{"x"}, std::string{}, std::string{"<svg xmlns='http://www.w3.org/2000/svg'></svg>"},
          std::string{"GIF89a\1\0\1\0"}, png.substr(0, 20), png.substr(0, png.size() / 2),
          std::string{"\x89PNG\r\n\x1a\n"}, std::string{"\xff\xd8\xff\xe0 no jpeg"}, std::string{"%PDF-1.4"}}) {
        const auto forms = develop(bytes);
        ASSERT_FALSE(forms) << bytes.substr(0, 8);
        EXPECT_EQ(forms.error(), ImageStudio::Refusal::not_an_image);
    }
}

TEST_P(ImageStudioContract, a_picture_that_would_fill_the_memory_is_refused_by_its_head) {
    // A head that promises 100,000 by 100,000 pixels.
    std::string png = png_of(4, 4);
    const std::string head =
        "IHDR" + big_endian(100'000) + big_endian(100'000) + std::string{"\x08\x00\x00\x00\x00", 5};
    png.replace(12, head.size(), head);
    png.replace(12 + head.size(), 4, big_endian(crc32_of(head)));
    const auto forms = develop(png);
    ASSERT_FALSE(forms);
    EXPECT_EQ(forms.error(), ImageStudio::Refusal::too_large);
}

}  // namespace marketday::contract
