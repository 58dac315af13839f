#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marketday::crowd {

/// A value inside JSON text, read where it lies: no tree, no allocation. It answers what the crowd asks of the shop's
/// bodies and is forgiving: text that is not JSON behaves as an absent value, never as an error.
class JsonView {
public:
    JsonView() = default;
    explicit JsonView(std::string_view text);

    bool absent() const { return text_.empty() || text_ == "null"; }
    bool is_true() const { return text_ == "true"; }
    /// The member of an object; absent when there is none.
    JsonView operator[](std::string_view key) const;
    std::optional<std::int64_t> integer() const;
    std::int64_t integer_or(std::int64_t otherwise) const { return integer().value_or(otherwise); }
    /// The characters between the quotes as they stand (escapes kept): right for ids, tokens and enumerators.
    std::string_view bare() const;
    /// The string with its escapes resolved.
    std::string text() const;
    std::string_view raw() const { return text_; }

private:
    std::string_view text_;
};

/// Walks the members of an object or the elements of an array, in order.
/// `for (JsonWalk walk(view); walk.next();) use(walk.key(), walk.value());`
class JsonWalk {
public:
    explicit JsonWalk(JsonView container);
    bool next();
    std::string_view key() const { return key_; }
    JsonView value() const { return value_; }

private:
    void skip_space();

    std::string_view rest_;
    bool object_ = false;
    std::string_view key_;
    JsonView value_;
};

/// `text` as a JSON string with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace marketday::crowd
