// JSON bodies and forms as handlers read them. What the handlers themselves make of a body is tried on a whole shop,
// in tests/integration/hostile_input_test.py and hostile_texts_test.py.

#include <boost/json.hpp>

#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/guests.hpp"
#include "http/url.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

/// Reads all that a body may have, as handlers do. The texts that were taken are returned.
std::vector<std::string> read_everything(std::string_view bytes, bool& refused) {
    std::vector<std::string> texts;
    http::BodyReader body(bytes);
    const auto read_line = [&] {
        if (auto sku = body.text_if("sku", {1, 64})) texts.push_back(std::move(*sku));
        if (const auto quantity = body.integer_if("quantity", {1, 100}))
            FUZZ_REQUIRE(*quantity >= 1 && *quantity <= 100);
        body.integer_if("unit_price_minor", {});
        body.boolean_if("gift");
    };
    read_line();
    if (body.enter_if("address")) {
        if (auto city = body.text_if("city", {1, 100})) texts.push_back(std::move(*city));
        body.leave();
    }
    if (!body.problem() && bytes.find("\"lines\"") != std::string_view::npos) {
        const std::size_t lines = body.array("lines", 50);
        for (std::size_t i = 0; i < lines && !body.problem(); ++i) {
            body.enter_element("lines", i);
            read_line();
            body.leave();
        }
    }
    if (!body.problem() && bytes.find("\"name\"") != std::string_view::npos)
        texts.push_back(body.object_json("name", 500));
    refused = body.problem().has_value();
    if (refused) FUZZ_REQUIRE(body.problem()->status == 400 && !body.problem()->detail.empty());
    return texts;
}

FUZZ_TARGET(body) {
    bool refused = false;
    const auto texts = read_everything(bytes, refused);
    for (const std::string& text : texts) {
        FUZZ_REQUIRE_SAYING(is_valid_utf8(text), text);
        FUZZ_REQUIRE(text.find('\0') == std::string::npos);
    }
    // What was read and is written again reads the same.
    boost::system::error_code error;
    const auto value = boost::json::parse({bytes.data(), bytes.size()}, error);
    if (!error) {
        // What cannot be written as JSON again must have been refused.
        const std::string again = boost::json::serialize(value);
        boost::json::parse(again, error);
        if (error) return FUZZ_REQUIRE(refused);
        bool refused_again = false;
        FUZZ_REQUIRE(read_everything(again, refused_again) == texts);
        FUZZ_REQUIRE(refused == refused_again);
    } else {
        FUZZ_REQUIRE(refused);
    }

    const auto form = http::Form::parse(bytes);
    form.text("q");
    form.number("quantity");
    form.all("sku");
    http::Request request;
    request.query = bytes;
    const auto q = request.query_param("q");
    if (q) FUZZ_REQUIRE(q->size() <= bytes.size());
}

}  // namespace
}  // namespace marketday::fuzz
