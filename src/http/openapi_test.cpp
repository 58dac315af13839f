// The description of the API against the sources of the routes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "http/openapi.hpp"
#include "http/problem_types.hpp"

namespace marketday::http {
namespace {

namespace json_lib = boost::json;

/// The text of every source file of this folder that is no test.
std::string sources_of_routes(std::string_view prefix) {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(MARKETDAY_HTTP_SOURCES)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(".cpp") || name.ends_with("_test.cpp")) continue;
        std::ifstream file(entry.path());
        all.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return all;
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
    return found;
}

json_lib::object schemas() { return json_lib::parse(std::string{openapi_schemas()}).as_object(); }

void collect_references(const json_lib::value& value, std::set<std::string>& names) {
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            if (key == "$ref")
                names.insert(std::string{member.as_string()}.substr(std::string{"#/components/schemas/"}.size()));
            collect_references(member, names);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) collect_references(element, names);
    }
}

TEST(OpenApi, describes_parameters_bodies_access_and_statuses) {
    static constexpr int kStatuses[] = {201, 409};
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/orders/{order}/payment";
    route.operation_id = "payOrder";
    route.access = Access::session;
    route.idempotency_key = true;
    route.request_schema = "PaymentRequest";
    route.response_schema = "Payment";
    route.statuses = kStatuses;
    const auto document = json_lib::parse(openapi_document({&route, 1}, "1.2.3"));
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    const auto& operation = document.at("paths").at("/api/v1/orders/{order}/payment").at("post");
    EXPECT_EQ(operation.at("parameters").as_array().size(), 2U);
    EXPECT_EQ(operation.at("parameters").at(1).at("name"), "Idempotency-Key");
    EXPECT_EQ(operation.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
              "#/components/schemas/PaymentRequest");
    EXPECT_TRUE(operation.at("responses").at("409").at("content").as_object().contains("application/problem+json"));
    EXPECT_EQ(operation.at("security").as_array().size(), 2U);
}

TEST(OpenApi, every_reference_between_schemas_resolves) {
    const auto known = schemas();
    std::set<std::string> named;
    collect_references(known, named);
    for (const std::string& name : named) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(OpenApi, every_schema_that_a_route_names_is_described) {
    const auto known = schemas();
    const std::string sources = sources_of_routes("routes_");
    ASSERT_FALSE(sources.empty());
    for (const std::string& name : matches(sources, "_schema = \"([A-Za-z]+)\""))
        EXPECT_TRUE(known.contains(name)) << name;
    // Tables that fill routes through a function name the schemas as plain arguments.
    const std::set<std::string> other{"Location", "Allow", "Deprecation"};
    for (const std::string& name : matches(sources, "\"([A-Z][a-z]+[A-Z][A-Za-z]+|[A-Z][a-z]+)\"")) {
        EXPECT_TRUE(known.contains(name) || other.contains(name)) << name;
    }
}

TEST(OpenApi, every_query_parameter_that_a_route_reads_is_described_and_listed) {
    const auto known = json_lib::parse(std::string{openapi_parameters()}).as_object();
    const std::string sources = sources_of_routes("routes_");
    std::set<std::string> listed;
    for (const std::string& names : matches(sources, "(?:parameters =|,)\\s*\"([a-zA-Z_ -]+)\"")) {
        std::istringstream words(names);
        for (std::string name; words >> name;) listed.insert(name);
    }
    auto read = matches(sources, "query_param\\(\"([a-z_]+)\"");
    read.merge(matches(sources, "_param\\(request, \"([a-z_]+)\""));
    ASSERT_GT(read.size(), 8U);
    for (const std::string& name : read) EXPECT_TRUE(known.contains(name) && listed.contains(name)) << name;
    for (const auto& [name, parameter] : known) EXPECT_TRUE(listed.contains(std::string{name})) << name;
}

TEST(ProblemTypes, are_sorted_and_all_that_the_sources_give_are_explained) {
    std::set<std::string> known;
    for (const ProblemType& one : problem_types()) {
        EXPECT_TRUE(known.empty() || *known.rbegin() < one.type) << one.type;
        known.insert(std::string{one.type});
        EXPECT_TRUE(one.status >= 400 && one.status < 600);
    }
    const std::string sources = sources_of_routes("");
    auto given = matches(sources, "\\.type = \"([a-z-]+)\"");
    given.merge(matches(sources, "[{(][45][0-9][0-9], \"([a-z-]+)\""));
    ASSERT_GT(given.size(), 30U);
    for (const std::string& type : given) EXPECT_TRUE(known.contains(type)) << type;
}

}  // namespace
}  // namespace marketday::http
