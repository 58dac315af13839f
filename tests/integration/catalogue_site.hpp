#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "base/async/asio_executor.hpp"
#include "http/refusals.hpp"
#include "http/routes_catalogue.hpp"
#include "http/server.hpp"

namespace marketday {

/// A shop's goods behind a real server on loopback, on a thread of its own: shoppers' and operators' routes together.
class CatalogueSite {
public:
    static constexpr const char* kToken = "operator-token";

    explicit CatalogueSite(const std::filesystem::path& data)
        : database_{{.file = data / "marketday.db", .readers = 1, .at_start = adapters::begin_ledger_epoch}} {
        server_.start();
        url_ = "http://127.0.0.1:" + std::to_string(server_.port());
        thread_ = std::thread([this] { io_.run(); });
    }
    ~CatalogueSite() {
        io_.stop();
        thread_.join();
    }
    CatalogueSite(const CatalogueSite&) = delete;
    CatalogueSite& operator=(const CatalogueSite&) = delete;

    const std::string& url() const { return url_; }
    ports::Catalogue& catalogue() { return catalogue_; }
    ports::OrderBook& order_book() { return *order_book_; }

private:
    std::vector<http::Route> routes() {
        auto routes = http::catalogue_routes(browse_);
        for (auto& route : http::admin_catalogue_routes(shelves_, import_)) routes.push_back(std::move(route));
        return routes;
    }
    static http::ServerOptions options() {
        http::ServerOptions options;
        options.refuse_operator = [](const http::Request& request) -> std::optional<http::Response> {
            if (request.header("Authorization") == std::string{"Bearer "} + kToken) return std::nullopt;
            return http::refusals::sign_in_needed();
        };
        return options;
    }

    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    const Currency currency_ = *Currency::parse("KRW");
    adapters::SqliteDatabase database_;
    adapters::SqliteCatalogue catalogue_{database_, clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_sqlite_order_book(database_, {currency_, {}}, clock_, uuids_);
    ThreadPool pool_{{.name = "import"}};
    usecases::Browse browse_{catalogue_, *order_book_};
    usecases::BrowseShelves shelves_{catalogue_, *order_book_, currency_};
    usecases::Import import_{catalogue_, pool_, {currency_}};
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    AsioExecutor executor_{io_};
    http::Server server_{io_, executor_, routes(), options()};
    std::string url_;
    std::thread thread_;
};

}  // namespace marketday
