#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/product_edit.hpp"
#include "http/product_json.hpp"
#include "http/routes_catalogue.hpp"

namespace marketday::http {
namespace {

using usecases::BrowseShelves;
using usecases::Import;
using usecases::ImportFormat;
using usecases::ImportReport;

constexpr int kReadStatuses[] = {200, 400, 401, 404, 503};
constexpr int kEditStatuses[] = {200, 400, 401, 404, 409, 503};
constexpr int kImportStatuses[] = {200, 400, 401, 413, 503};
constexpr std::size_t kPageMax = 1000;

Problem outcome_unknown() {
    return {503,
            "outcome-unknown",
            "The store did not say whether it took this.",
            "Send the same again: what was taken is not taken twice.",
            {},
            seconds{2}};
}

Problem to_problem(BrowseShelves::Error error) {
    switch (error) {
        case BrowseShelves::Error::unavailable: return store_unavailable();
        case BrowseShelves::Error::outcome_unknown: return outcome_unknown();
    }
    return store_unavailable();
}

Problem to_problem(Import::Error error) {
    switch (error) {
        case Import::Error::unavailable:
            return {503, "unavailable", "The store did not take all of it.", "Send the same again in a moment.",
                    {},  seconds{2}};
        case Import::Error::outcome_unknown: return outcome_unknown();
        case Import::Error::busy:
            return {503, "busy", "Too many imports at once.", "Send the same again in a moment.", {}, seconds{2}};
    }
    return store_unavailable();
}

/// GET /admin/v1/products?limit=&cursor=: 200, 400, 401, 503.
Task<Response> list_products(BrowseShelves& shelves, std::string after, std::size_t page) {
    auto products = co_await shelves.list(std::move(after), page);
    if (!products) co_return problem(to_problem(products.error()));
    auto total = co_await shelves.count();
    if (!total) co_return problem(to_problem(total.error()));
    std::string body = "{\"items\":[";
    for (const auto& shelf : *products) {
        if (body.back() != '[') body.push_back(',');
        body += product_admin_json(shelf.product, shelf.stock);
    }
    body += "],\"next_cursor\":";
    if (products->size() == page)
        log::append_json_string(body, products->back().product.sku);
    else
        body += "null";
    fmt::format_to(std::back_inserter(body), ",\"total\":{}}}", *total);
    co_return json(200, std::move(body));
}

Task<Response> answer(Response response) { co_return response; }

Task<Response> get_products(BrowseShelves& shelves, const Request& request) {
    std::size_t page = 50;
    if (const auto limit = request.query_param("limit")) {
        const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), page);
        if (error != std::errc{} || end != limit->data() + limit->size() || page < 1 || page > kPageMax)
            return answer(problem(invalid_request("\"limit\" must be a number from 1 to 1000.")));
    }
    return list_products(shelves, request.query_param("cursor").value_or(""), page);
}

/// GET /admin/v1/products/{sku}: 200, 401, 404, 503.
Task<Response> get_shelf(BrowseShelves& shelves, std::string sku) {
    auto shelf = co_await shelves.show(std::move(sku));
    if (!shelf) co_return problem(to_problem(shelf.error()));
    if (!*shelf) co_return problem(not_found("product"));
    co_return json(200, product_admin_json((*shelf)->product, (*shelf)->stock));
}

/// PATCH /admin/v1/products/{sku}: 200, 400, 401, 404, 409 changed-meanwhile, 503.
Task<Response> patch_product(BrowseShelves& shelves, Currency currency, const Request& request) {
    auto edit = read_product_edit(request.body, currency);
    if (!edit) co_return problem(edit.error());
    std::string sku{request.param(0)};
    const bool dry = is_dry_run(request);
    auto editing =
        dry ? shelves.preview(std::move(sku), *std::move(edit)) : shelves.edit(std::move(sku), *std::move(edit));
    auto edited = co_await std::move(editing);
    if (!edited) co_return problem(to_problem(edited.error()));
    if (*edited) {
        std::string product = product_admin_json((*edited)->product, (*edited)->stock);
        co_return json(200, dry ? "{\"would\":" + product + "}" : std::move(product));
    }
    switch (edited->error().reason) {
        case BrowseShelves::Refusal::not_found: co_return problem(not_found("product"));
        case BrowseShelves::Refusal::invalid: co_return problem(invalid_request(edited->error().detail));
        case BrowseShelves::Refusal::changed_meanwhile: break;
    }
    co_return problem({409,
                       "changed-meanwhile",
                       "Somebody else has changed this product.",
                       "Look at it again, then change it.",
                       {},
                       {}});
}

std::string report_json(const ImportReport& report) {
    std::string body =
        fmt::format(R"({{"created":{},"updated":{},"unchanged":{},"skipped":{},"stock_kept":{},"refused":[)",
                    report.created, report.updated, report.unchanged, report.skipped, report.stock_kept);
    for (const auto& refusal : report.refused) {
        if (body.back() != '[') body.push_back(',');
        fmt::format_to(std::back_inserter(body), "{{\"line\":{},\"sku\":", refusal.line);
        log::append_json_string(body, refusal.sku);
        log::append_json_string(body += ",\"reason\":", refusal.reason);
        body.push_back('}');
    }
    body += "],\"foreign_prices\":{";
    for (const auto& [currency, products] : report.foreign_prices) {
        if (body.back() != '{') body.push_back(',');
        log::append_json_string(body, currency);
        fmt::format_to(std::back_inserter(body), ":{}", products);
    }
    body += "}}";
    return body;
}

/// Cuts the body into records; the header of a CSV becomes `columns`.
Result<Import::Batch, Problem> read_batch(const Request& request, Currency currency) {
    Import::Batch batch;
    if (const auto no_price = request.query_param("no_price")) {
        const auto choice = usecases::parse_no_price(*no_price, currency);
        if (!choice)
            return fail(
                invalid_request(fmt::format("\"no_price\" must be skip, hide or an amount of {}.", currency.code())));
        batch.no_price = *choice;
    }
    const bool csv = request.header("Content-Type").starts_with("text/csv");
    usecases::RecordSplitter splitter(csv ? ImportFormat::csv : ImportFormat::json_lines);
    std::string header_fault;
    const usecases::RecordSplitter::Sink take = [&](const usecases::ImportRecord& record) {
        if (csv && !batch.columns) {
            auto columns = usecases::CsvColumns::parse(record.text);
            if (!columns && header_fault.empty()) header_fault = columns.error();
            batch.columns = columns.value_or(usecases::CsvColumns{});
            return;
        }
        batch.records.push_back({record.line, std::string{record.text}, record.too_long});
    };
    splitter.push(request.body, take);
    splitter.finish(take);
    if (!header_fault.empty()) return fail(invalid_request("The CSV's header: " + header_fault + "."));
    if (batch.records.empty())
        return fail(invalid_request("There is no product in it. Send JSON Lines, or text/csv with a header."));
    return batch;
}

/// POST /admin/v1/products?no_price=skip|hide|AMOUNT, JSON Lines or (Content-Type: text/csv) CSV: 200 with what became
/// of each record, 400, 401, 413, 503 (send the same again).
Task<Response> post_products(Import& import, const Request& request) {
    auto batch = read_batch(request, import.currency());
    if (!batch) co_return problem(batch.error());
    auto report = co_await import.take(*std::move(batch));
    if (!report) co_return problem(to_problem(report.error()));
    co_return json(200, report_json(*report));
}

}  // namespace

std::vector<Route> admin_catalogue_routes(BrowseShelves& shelves, Import& import) {
    std::vector<Route> routes;
    const auto add = [&routes](Method method, std::string_view pattern, std::string_view operation,
                               std::string_view summary, std::string_view request_schema,
                               std::string_view response_schema, std::span<const int> statuses, Handler handle) {
        routes.push_back(operator_route({.method = method,
                                         .pattern = pattern,
                                         .operation = operation,
                                         .summary = summary,
                                         .request_schema = request_schema,
                                         .response_schema = response_schema,
                                         .statuses = statuses},
                                        std::move(handle)));
    };
    add(Method::get, "/admin/v1/products", "listAllProducts", "All products by SKU, hidden ones too", {},
        "AdminProductList", kReadStatuses,
        [&shelves](const Request& request) { return get_products(shelves, request); });
    routes.back().parameters = "limit cursor";
    add(Method::get, "/admin/v1/products/{sku}", "getProductAsOperator", "One product with its stock", {},
        "AdminProduct", kReadStatuses,
        [&shelves](const Request& request) { return get_shelf(shelves, std::string{request.param(0)}); });
    add(Method::patch, "/admin/v1/products/{sku}", "editProduct",
        "Change a product's price, texts, weight or visibility", "ProductEdit", "AdminProduct", kEditStatuses,
        [&shelves, &import](const Request& request) { return patch_product(shelves, import.currency(), request); });
    routes.back().parameters = "dry_run";
    add(Method::post, "/admin/v1/products", "importProducts", "Import products: JSON Lines or CSV", "ProductRecords",
        "ImportReport", kImportStatuses, [&import](const Request& request) { return post_products(import, request); });
    routes.back().body_bytes_max = kImportBodyBytesMax;
    routes.back().parameters = "no_price";
    return routes;
}

}  // namespace marketday::http
