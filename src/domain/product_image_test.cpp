#include "domain/product_image.hpp"

#include <gtest/gtest.h>

namespace marketday::domain {
namespace {

TEST(ProductImageTest, a_picture_is_found_in_its_path_and_in_every_width) {
    const std::string path = image_path("exu-%3F", "0123456789abcdef");
    EXPECT_EQ(path, "/images/exu-%253F/0123456789abcdef-1280.webp");
    EXPECT_EQ(image_of_path(path), "0123456789abcdef");
    EXPECT_EQ(image_at_width(path, 320), "/images/exu-%253F/0123456789abcdef-320.webp");
    EXPECT_EQ(image_of_path(image_at_width(path, 640)), "0123456789abcdef");
}

TEST(ProductImageTest, what_stands_elsewhere_stays_as_it_is) {
    for (const char* path : {"https://cdn.example/0123456789abcdef-1280.webp", "/images/mug/cup.jpg", "", "/images/"}) {
        EXPECT_EQ(image_of_path(path), std::nullopt);
        EXPECT_EQ(image_at_width(path, 320), path);
    }
    for (const char* file : {"0123456789abcdef-321.webp", "0123456789abcde-320.webp", "0123456789ABCDEF-320.webp",
                             "0123456789abcdef-320.webp.png", "0123456789abcdef-original"})
        EXPECT_EQ(image_of_file(file), std::nullopt) << file;
}

}  // namespace
}  // namespace marketday::domain
