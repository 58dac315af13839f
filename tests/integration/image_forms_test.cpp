#include "usecases/image_forms.hpp"

#include <gtest/gtest.h>

#include "adapters/embedded/file_images.hpp"
#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/vips_image_studio.hpp"
#include "tests/support/png.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sqlite_store.hpp"
#include "usecases/product_images.hpp"
#include "usecases/relay_images.hpp"

namespace marketday::usecases {
namespace {

using Finished = ImageForms::Finished;
using Rectangle = ports::ImageStudio::Rectangle;

TEST(ImageCutTest, what_is_written_is_read_again_and_nothing_else_is) {
    for (const ImageCut& cut : {ImageCut{}, ImageCut{.crop = Rectangle{0, 10, 400, 300}, .sharpen_percent = 0}})
        EXPECT_EQ(parse_image_cut(to_text(cut)), cut);
    EXPECT_EQ(to_text(ImageCut{.crop = Rectangle{0, 10, 400, 300}, .sharpen_percent = 50}),
              "crop 0 10 400 300 sharpen 50");
    for (const char* wrong : {"", "crop", "crop 1 2 3 sharpen 100", "sharpen", "sharpen x", "sharpen 100 ",
                              "sharpen 100 x", "crop 1 2 3 4", "sharpen 1e2", " sharpen 100"})
        EXPECT_FALSE(parse_image_cut(wrong)) << wrong;
}

/// Pictures of a shop on its real embedded adapters.
class ImageFormsTest : public testing::Test {
protected:
    ImageFormsTest() {
        domain::Product product;
        product.sku = "mug";
        product.name.in(domain::Language::en) = "Mug";
        std::vector<ports::Catalogue::Write> writes;
        writes.push_back({.product = std::move(product)});
        EXPECT_TRUE(run_task(catalogue_.put(std::move(writes))));
    }
    /// The picture's id, or why it was refused.
    Result<domain::ImageId, ProductImages::Refusal> add(std::string bytes, ImageCut cut = {}) {
        auto shown = run_task(products_.add("mug", std::move(bytes), cut)).value();
        if (!shown) return fail(shown.error());
        return shown->image;
    }
    std::optional<ImageForms::Look> look(const domain::ImageId& image, int width) {
        return run_task(forms_.look("mug", domain::image_file(image, width))).value();
    }
    std::vector<std::string> files() { return run_task(images_.list("mug")).value(); }
    /// The events of pictures as the outbox holds them.
    std::vector<ShopEvent> events() {
        std::vector<ShopEvent> events;
        const auto messages = run_task(order_book_->outbox(0, 100)).value();
        for (const auto& message : messages) {
            if (message.topic != "images") continue;
            auto parsed = parse_events(message.events_json).value();
            for (auto& event : parsed) events.push_back(std::move(event));
        }
        return events;
    }

    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    TemporaryStore store_;
    TemporaryDirectory directory_;
    ThreadPool pool_{{.name = "images", .threads = 2, .waiting_max = 64}};
    adapters::SqliteCatalogue catalogue_{store_.database(), clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_sqlite_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
    adapters::FileImages images_{pool_, {.directory = directory_.path()}};
    adapters::VipsImageStudio studio_{pool_};
    ImageForms forms_{images_, studio_};
    BrowseShelves shelves_{catalogue_, *order_book_, *Currency::parse("KRW")};
    ProductImages products_{forms_, shelves_};
    FinishImages finish_{forms_, catalogue_};
};

TEST_F(ImageFormsTest, a_picture_is_shown_small_until_it_is_finished_by_its_event) {
    const auto image = add(png_of(900, 600)).value();
    const auto small = look(image, 320).value();
    EXPECT_TRUE(small.lasting);
    for (const int width : {640, 1280}) {
        const auto meanwhile = look(image, width).value();
        EXPECT_FALSE(meanwhile.lasting);
        EXPECT_EQ(*meanwhile.bytes, *small.bytes);
    }
    ASSERT_EQ(events().size(), 1U);
    EXPECT_EQ(events()[0].sku, "mug");
    EXPECT_EQ(events()[0].image, image);
    EXPECT_TRUE(run_task(finish_.handle(events()[0])));
    const auto large = look(image, 1280).value();
    EXPECT_TRUE(large.lasting);
    EXPECT_TRUE(look(image, 640).value().lasting);
    EXPECT_NE(*large.bytes, *small.bytes);
    // The event again.
    EXPECT_TRUE(run_task(finish_.handle(events()[0])));
    EXPECT_EQ(finish_.figures().finished_total, 1U);
    EXPECT_EQ(*look(image, 1280).value().bytes, *large.bytes);
}

TEST_F(ImageFormsTest, it_is_finished_as_it_was_cut) {
    const auto image = add(png_of(900, 600), {.crop = Rectangle{0, 0, 400, 100}}).value();
    ASSERT_TRUE(run_task(finish_.handle(events().at(0))));
    // The largest form is the crop itself: a studio asked for that width again gives the same.
    std::vector<int> widths{1280};
    ports::ImageStudio::Order order{.bytes = png_of(900, 600),
                                    .crop = Rectangle{0, 0, 400, 100},
                                    .sharpen_percent = 100,
                                    .widths = std::move(widths)};
    const auto forms = run_task(studio_.develop(std::move(order))).value().value();
    EXPECT_EQ(forms.at(0).width, 400);
    EXPECT_EQ(*look(image, 1280).value().bytes, forms.at(0).webp);
}

TEST_F(ImageFormsTest, what_cannot_be_made_is_refused_when_it_is_given_and_leaves_nothing) {
    EXPECT_EQ(add("<svg/>").error(), ProductImages::Refusal::not_an_image);
    const std::string png = png_of(300, 200);
    EXPECT_EQ(add(png.substr(0, png.size() / 2)).error(), ProductImages::Refusal::not_an_image);
    EXPECT_EQ(add(png, {.crop = Rectangle{0, 0, 301, 10}}).error(), ProductImages::Refusal::bad_crop);
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(events().empty());
}

TEST_F(ImageFormsTest, a_picture_that_was_removed_before_its_turn_is_not_made) {
    const auto image = add(png_of(900, 600)).value();
    const auto event = events().at(0);
    domain::ImageId removed = image;
    ASSERT_TRUE(run_task(products_.remove("mug", std::move(removed))).value());
    EXPECT_TRUE(run_task(finish_.handle(event)));
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(finish_.figures().failures_total, 0U);
    EXPECT_FALSE(look(image, 320));
}

TEST_F(ImageFormsTest, one_whose_original_is_not_there_is_tried_again) {
    const auto image = add(png_of(900, 600)).value();
    std::vector<std::string> lost{image + "-original"};
    ASSERT_TRUE(run_task(images_.remove("mug", std::move(lost))));
    EXPECT_FALSE(run_task(finish_.handle(events().at(0))));
    EXPECT_EQ(finish_.figures().failures_total, 1U);
    // Given again, it is whole at once.
    EXPECT_EQ(add(png_of(900, 600)), image);
    EXPECT_TRUE(look(image, 1280).value().lasting);
    EXPECT_EQ(events().size(), 1U);
}

TEST_F(ImageFormsTest, cut_anew_it_is_another_picture_with_an_event_of_its_own) {
    const auto image = add(png_of(900, 600)).value();
    domain::ImageId old = image;
    const auto cut =
        run_task(products_.cut_again("mug", std::move(old), {.crop = {}, .sharpen_percent = 50})).value().value();
    EXPECT_NE(cut.image, image);
    ASSERT_EQ(events().size(), 2U);
    EXPECT_NE(events()[0].id, events()[1].id);
    EXPECT_EQ(events()[1].image, cut.image);
    auto all = events();
    for (auto& event : all) EXPECT_TRUE(run_task(finish_.handle(std::move(event))));
    EXPECT_EQ(finish_.figures().finished_total, 1U);
    EXPECT_TRUE(look(cut.image, 1280).value().lasting);
    EXPECT_FALSE(look(image, 320));
}

}  // namespace
}  // namespace marketday::usecases
