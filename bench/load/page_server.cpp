// Serves one file as a product's JSON from ready bytes, the way the near cache does: the subject of page_vs_nginx.
//   page_server BODY_FILE PORT

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/async/asio_executor.hpp"
#include "http/ready.hpp"
#include "http/server.hpp"

namespace {

using namespace marketday;

std::string read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

http::Route product_route(std::shared_ptr<const http::ReadyResponse> ready) {
    static constexpr int kStatuses[] = {200, 304};
    http::Route route;
    route.pattern = "/api/v1/products/{sku}";
    route.operation_id = "getProduct";
    route.statuses = kStatuses;
    route.handle_now = [ready](const http::Request&) -> std::optional<http::Response> {
        http::Response response;
        response.ready = ready;
        return response;
    };
    return route;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: page_server BODY_FILE PORT\n";
        return 2;
    }
    boost::asio::io_context io(1);
    AsioExecutor executor(io);
    const auto ready =
        http::make_ready(200, "application/json",
                         {{"Cache-Control", "public, max-age=1"}, {"Surrogate-Key", "product"}}, read_file(argv[1]));
    http::ServerOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    http::Server server(io, executor, {product_route(ready)}, options);
    server.start();
    std::cout << server.port() << std::endl;
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
    io.run();
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    std::cout << "peak_rss_kb " << used.ru_maxrss << '\n';
    return 0;
}
