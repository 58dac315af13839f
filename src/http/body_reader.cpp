#include "http/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <vector>

#include "base/assert.hpp"

namespace marketday::http {

namespace bj = boost::json;

struct BodyReader::State {
    struct Level {
        const bj::object* object;
        std::string path;
    };
    // Most bodies fit here, so that reading one allocates nothing.
    std::array<unsigned char, 6144> buffer;
    bj::monotonic_resource memory{buffer.data(), buffer.size()};
    bj::value root;
    std::vector<Level> levels;
    std::optional<Problem> wrong;

    const bj::object* object() const { return levels.empty() ? nullptr : levels.back().object; }

    void refuse(std::string_view name, std::string_view reason) {
        if (wrong) return;
        std::string path = levels.empty() ? std::string{} : levels.back().path;
        if (!path.empty()) path += '.';
        path += name;
        wrong = invalid_request(fmt::format("\"{}\" {}.", path, reason));
    }
    /// The member; null when absent. Says so when it must be there.
    const bj::value* member(std::string_view name, bool required) {
        if (object() == nullptr) return nullptr;
        const bj::value* value = object()->if_contains(name);
        if (value != nullptr && value->is_null() && !required) return nullptr;
        if (value == nullptr && required) refuse(name, "is missing");
        return value;
    }
};

namespace {

/// The parser reads a number that no double holds as infinity, and the writer writes that as a word that is no JSON.
bool all_finite(const bj::value& value) {
    switch (value.kind()) {
        case bj::kind::double_: return std::isfinite(value.get_double());
        case bj::kind::array: return std::ranges::all_of(value.get_array(), all_finite);
        case bj::kind::object:
            return std::ranges::all_of(value.get_object(),
                                       [](const auto& member) { return all_finite(member.value()); });
        case bj::kind::null:
        case bj::kind::bool_:
        case bj::kind::int64:
        case bj::kind::uint64:
        case bj::kind::string: return true;
    }
    return true;
}

}  // namespace

Problem malformed_json(std::string_view reason) {
    return {.status = 400,
            .type = "malformed-json",
            .title = "The body is not JSON.",
            .detail = fmt::format("Send one JSON object in UTF-8: {}.", reason),
            .extra_json = {},
            .retry_after = {}};
}

Problem invalid_request(std::string_view detail) {
    return {.status = 400,
            .type = "invalid-request",
            .title = "The request does not fit.",
            .detail = std::string{detail},
            .extra_json = {},
            .retry_after = {}};
}

// Not zeroed first: the buffer is written before it is read.
BodyReader::BodyReader(std::string_view body) : state_(std::make_unique_for_overwrite<State>()) {
    boost::system::error_code error;
    state_->root = bj::parse({body.data(), body.size()}, error, &state_->memory);
    if (error)
        state_->wrong = malformed_json(body.empty() ? "the body is empty" : error.message());
    else if (!all_finite(state_->root))
        state_->wrong = malformed_json("a number in it is too large");
    else if (!state_->root.is_object())
        state_->wrong = invalid_request("The body must be one JSON object; its outermost value is something else.");
    else
        state_->levels.push_back({&state_->root.get_object(), {}});
}

BodyReader::~BodyReader() = default;

std::optional<std::string> BodyReader::text_if(std::string_view name, Bytes bytes) {
    const bj::value* value = state_->member(name, false);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        state_->refuse(name, "must be a text");
        return std::nullopt;
    }
    const auto& text = value->get_string();
    if (text.size() < bytes.min || text.size() > bytes.max) {
        state_->refuse(name, fmt::format("must have {} to {} bytes, not {}", bytes.min, bytes.max, text.size()));
        return std::nullopt;
    }
    if (text.find('\0') != bj::string::npos) {
        state_->refuse(name, "must not contain U+0000");
        return std::nullopt;
    }
    return std::string{text};
}

std::string BodyReader::text(std::string_view name, Bytes bytes) {
    if (state_->member(name, true) == nullptr) return {};
    auto value = text_if(name, bytes);
    if (!value && !state_->wrong) state_->refuse(name, "must be a text");
    return value.value_or(std::string{});
}

std::optional<std::int64_t> BodyReader::integer_if(std::string_view name, Range range) {
    const bj::value* value = state_->member(name, false);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    const bool is_integer = value->is_int64() || value->is_uint64();
    const auto number = is_integer ? value->to_number<std::int64_t>(error) : 0;
    if (!is_integer || error || number < range.min || number > range.max) {
        state_->refuse(name, fmt::format("must be a whole number from {} to {}", range.min, range.max));
        return std::nullopt;
    }
    return number;
}

std::int64_t BodyReader::integer(std::string_view name, Range range) {
    if (state_->member(name, true) == nullptr) return 0;
    const auto value = integer_if(name, range);
    if (!value && !state_->wrong) state_->refuse(name, "must be a whole number");
    return value.value_or(0);
}

std::optional<bool> BodyReader::boolean_if(std::string_view name) {
    const bj::value* value = state_->member(name, false);
    if (value == nullptr) return std::nullopt;
    if (!value->is_bool()) {
        state_->refuse(name, "must be true or false");
        return std::nullopt;
    }
    return value->get_bool();
}

bool BodyReader::boolean(std::string_view name) {
    if (state_->member(name, true) == nullptr) return false;
    const auto value = boolean_if(name);
    if (!value && !state_->wrong) state_->refuse(name, "must be true or false");
    return value.value_or(false);
}

bool BodyReader::enter_if(std::string_view name) {
    const bj::value* value = state_->member(name, false);
    if (value == nullptr) return false;
    if (!value->is_object()) {
        state_->refuse(name, "must be an object");
        return false;
    }
    const std::string& above = state_->levels.back().path;
    state_->levels.push_back(
        {&value->get_object(), above.empty() ? std::string{name} : above + "." + std::string{name}});
    return true;
}

bool BodyReader::enter(std::string_view name) {
    if (state_->member(name, true) == nullptr) return false;
    const bool entered = enter_if(name);
    if (!entered && !state_->wrong) state_->refuse(name, "must be an object");
    return entered;
}

std::size_t BodyReader::array(std::string_view name, std::size_t items_max) {
    const bj::value* value = state_->member(name, true);
    if (value == nullptr) return 0;
    if (!value->is_array() || value->get_array().empty() || value->get_array().size() > items_max) {
        state_->refuse(name, fmt::format("must be a list of 1 to {} objects", items_max));
        return 0;
    }
    for (const auto& element : value->get_array()) {
        if (!element.is_object()) {
            state_->refuse(name, "must hold only objects");
            return 0;
        }
    }
    return value->get_array().size();
}

void BodyReader::enter_element(std::string_view name, std::size_t index) {
    const auto& element = state_->object()->at(name).get_array().at(index);
    const std::string& above = state_->levels.back().path;
    state_->levels.push_back(
        {&element.get_object(), fmt::format("{}{}{}[{}]", above, above.empty() ? "" : ".", name, index)});
}

void BodyReader::leave() {
    MD_ASSERT(state_->levels.size() > 1);
    state_->levels.pop_back();
}

std::string BodyReader::object_json(std::string_view name, std::size_t bytes_max) {
    const bj::value* value = state_->member(name, true);
    if (value == nullptr) return {};
    if (!value->is_object()) {
        state_->refuse(name, "must be an object");
        return {};
    }
    std::string text = bj::serialize(*value);
    if (text.size() > bytes_max) state_->refuse(name, fmt::format("must have at most {} bytes", bytes_max));
    return text;
}

void BodyReader::refuse(std::string_view name, std::string_view reason) { state_->refuse(name, reason); }
std::optional<Problem> BodyReader::problem() const { return state_->wrong; }

}  // namespace marketday::http
