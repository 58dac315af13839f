#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "adapters/embedded/memory_rankings.hpp"
#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/xapian_search_index.hpp"
#include "http/routes_search.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sqlite_store.hpp"
#include "usecases/search_follower.hpp"

namespace marketday {
namespace {

using boost::json::value;

std::string percent_encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

/// The catalogue, the index that follows it, and the routes over both.
class SearchHttp : public testing::Test {
protected:
    static domain::Product product(std::string sku, std::string en, std::string ko, std::int64_t price_minor) {
        domain::Product product;
        product.sku = std::move(sku);
        product.name.in(domain::Language::en) = std::move(en);
        product.name.in(domain::Language::ko) = std::move(ko);
        product.category = {{{"Items", "", "도구"}}};
        product.price = Money{price_minor, *Currency::parse("KRW")};
        return product;
    }
    void put(std::vector<domain::Product> products) {
        std::vector<ports::Catalogue::Write> writes;
        for (auto& one : products) {
            ports::Catalogue::Write write;
            write.product = std::move(one);
            writes.push_back(std::move(write));
        }
        ASSERT_TRUE(run_task(catalogue_.put(std::move(writes))).has_value());
        ASSERT_TRUE(run_task(follower_.catch_up()));
    }
    http::Response get(std::string path, std::string query) {
        http::Request request;
        request.path = path;
        request.query = query;
        for (const auto& route : routes_) {
            if (route.pattern == path) return run_task(route.handle(request));
        }
        throw std::runtime_error("no such route");
    }
    value get_json(std::string path, std::string query) {
        const auto response = get(std::move(path), std::move(query));
        EXPECT_EQ(response.status, 200) << response.body;
        return boost::json::parse(response.body);
    }

    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    TemporaryStore store_;
    TemporaryDirectory directory_;
    ThreadPool readers_{{.name = "search", .threads = 2}};
    ThreadPool writer_{{.name = "index", .threads = 1}};
    adapters::SqliteCatalogue catalogue_{store_.database(), clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_sqlite_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
    adapters::XapianSearchIndex index_{{.directory = directory_.path() / "search"}, readers_, writer_};
    adapters::MemoryRankings rankings_{{}, clock_};
    usecases::Browse browse_{catalogue_, *order_book_};
    usecases::Search search_{index_, browse_, rankings_, clock_};
    usecases::SearchFollower follower_{catalogue_, index_, {}, clock_};
    std::vector<http::Route> routes_ = http::search_routes(search_);
};

TEST_F(SearchHttp, a_product_written_to_the_catalogue_is_found_with_its_facets) {
    put({product("rock", "Icy Rock", "차가운바위", 4000), product("candy", "Shellder Candy", "셀러의사탕", 20)});
    const value found = get_json("/api/v1/products", "q=" + percent_encoded("바위") + "&price_min=100&category=Items");
    EXPECT_EQ(found.at("items").as_array().size(), 1u);
    EXPECT_EQ(found.at("items").at(0).at("sku").as_string(), "rock");
    EXPECT_EQ(found.at("total").as_int64(), 1);
    EXPECT_FALSE(found.at("total_is_estimate").as_bool());
    EXPECT_TRUE(found.at("next_cursor").is_null());
    EXPECT_FALSE(found.at("facets").at("approximate").as_bool());
}

TEST_F(SearchHttp, hidden_products_leave_the_search) {
    auto rock = product("rock", "Icy Rock", "차가운바위", 4000);
    put({rock});
    rock.hidden = true;
    put({rock});
    EXPECT_EQ(get_json("/api/v1/products", "").at("total").as_int64(), 0);
    EXPECT_EQ(follower_.lag().applied_total, 2);
}

TEST_F(SearchHttp, pages_follow_their_cursor) {
    put({product("a", "Lamp", "등", 1), product("b", "Lamp", "등", 2), product("c", "Lamp", "등", 3)});
    const value first = get_json("/api/v1/products", "q=lamp&sort=-price&limit=2");
    const std::string cursor{first.at("next_cursor").as_string()};
    const value second = get_json("/api/v1/products", "q=lamp&sort=-price&limit=2&cursor=" + cursor);
    EXPECT_EQ(second.at("items").as_array().size(), 1u);
    EXPECT_EQ(second.at("items").at(0).at("sku").as_string(), "a");
    EXPECT_EQ(get("/api/v1/products", "q=vase&cursor=" + cursor).status, 400);
}

TEST_F(SearchHttp, rankings_show_what_is_searched_and_looked_at) {
    put({product("rock", "Icy Rock", "차가운바위", 4000)});
    get("/api/v1/products", "q=" + percent_encoded("바위"));
    get("/api/v1/products", "q=nothing-like-it");
    get("/api/v1/products", "q=" + percent_encoded("someone@example.org"));
    search_.ordered("rock", 1);
    const value searches = get_json("/api/v1/rankings/searches", "");
    ASSERT_EQ(searches.at("items").as_array().size(), 1u);
    EXPECT_EQ(searches.at("items").at(0).at("text").as_string(), "바위");
    const value products = get_json("/api/v1/rankings/products", "limit=5");
    ASSERT_EQ(products.at("items").as_array().size(), 1u);
    EXPECT_EQ(products.at("items").at(0).at("product").at("sku").as_string(), "rock");
}

TEST_F(SearchHttp, wrong_parameters_are_refused) {
    for (const char* query : {"limit=0", "limit=101", "limit=x", "price_min=-1", "price_min=5&price_max=4", "sort=best",
                              "lang=fr", "cursor=zzz", "q=%FF%FE", "price_max=99999999999999999999"}) {
        const auto response = get("/api/v1/products", query);
        EXPECT_EQ(response.status, 400) << query << response.body;
    }
    EXPECT_EQ(get("/api/v1/products", "q=" + std::string(201, 'a')).status, 400);
    EXPECT_EQ(get("/api/v1/suggestions", "q=" + std::string(201, 'a')).status, 400);
}

TEST_F(SearchHttp, naughty_strings_find_or_are_refused_and_nothing_worse) {
    std::ifstream file{std::string{MARKETDAY_SHARED_DATA} + "/bad-input/blns/blns.json"};
    if (!file) GTEST_SKIP() << "the naughty strings are not on this machine";
    put({product("rock", "Icy Rock", "차가운바위", 4000)});
    std::stringstream text;
    text << file.rdbuf();
    const value strings = boost::json::parse(text.str());
    for (const auto& entry : strings.as_array()) {
        const std::string encoded = percent_encoded(std::string_view{entry.as_string()});
        for (const std::string path : {"/api/v1/products", "/api/v1/suggestions"}) {
            const auto response = get(path, "q=" + encoded + "&category=" + encoded);
            EXPECT_THAT(response.status, testing::AnyOf(200, 400)) << entry.as_string();
            EXPECT_NO_THROW(boost::json::parse(response.body)) << entry.as_string();
        }
    }
}

}  // namespace
}  // namespace marketday
