#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace marketday::http {

/// Reads the members of a JSON body and remembers the first thing that is wrong, with the member's path, so a handler
/// reads all it needs and asks once:
///   BodyReader body(request.body);
///   const auto email = body.text("email", {1, 254});
///   if (auto wrong = body.problem()) co_return problem(*wrong);
/// Unknown members are ignored, so that clients may be newer than the shop.
class BodyReader {
public:
    /// What is not JSON is `malformed-json`; JSON that is not an object, `invalid-request`.
    explicit BodyReader(std::string_view body);
    ~BodyReader();
    BodyReader(const BodyReader&) = delete;
    BodyReader& operator=(const BodyReader&) = delete;

    struct Bytes {
        std::size_t min = 0;
        std::size_t max = 1000;
    };
    struct Range {
        std::int64_t min = 0;
        std::int64_t max = std::numeric_limits<std::int64_t>::max();
    };

    /// A required member; the zero value when it is wrong.
    std::string text(std::string_view name, Bytes bytes);
    std::int64_t integer(std::string_view name, Range range);
    bool boolean(std::string_view name);
    /// An optional member: absent or null gives nothing.
    std::optional<std::string> text_if(std::string_view name, Bytes bytes);
    std::optional<std::int64_t> integer_if(std::string_view name, Range range);
    std::optional<bool> boolean_if(std::string_view name);

    /// Steps into an object member (required, or left alone when absent with `enter_if`); `leave` steps back.
    bool enter(std::string_view name);
    bool enter_if(std::string_view name);
    /// The number of elements of a required array of objects; then `enter_element(i)` … `leave`.
    std::size_t array(std::string_view name, std::size_t items_max);
    void enter_element(std::string_view name, std::size_t index);
    void leave();

    /// The value of a required member as JSON text, whatever it is (for names in several languages).
    std::string object_json(std::string_view name, std::size_t bytes_max);

    /// Says that a member is wrong for a reason that only the caller knows.
    void refuse(std::string_view name, std::string_view reason);
    std::optional<Problem> problem() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

Problem malformed_json(std::string_view reason);
Problem invalid_request(std::string_view detail);

}  // namespace marketday::http
