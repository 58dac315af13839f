#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// Finds the route of a path. Literal segments win over parameters; at most three parameters a pattern.
class Router {
public:
    /// Throws std::invalid_argument for two routes of one method and pattern, or for a pattern it does not understand.
    explicit Router(std::vector<Route> routes);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    struct Match {
        enum class Kind : std::uint8_t { found, no_such_path, no_such_method, bad_escape };
        Kind kind = Kind::no_such_path;
        const Route* route = nullptr;
        const std::vector<const Route*>* of_path = nullptr;  // For `allow`, when the path exists.
    };
    /// `path` as sent; the decoded parameters are left in `params`. HEAD falls back to GET.
    Match find(Method method, std::string_view path, std::array<std::string, 3>& params) const;

    /// The value of the Allow header.
    static std::string allow(const std::vector<const Route*>& of_path);
    const std::vector<Route>& routes() const { return routes_; }

private:
    struct Node;
    const Node* descend(const Node& node, std::string_view rest, std::array<std::string_view, 3>& raw,
                        std::size_t depth) const;
    void add(const Route& route);

    std::vector<Route> routes_;
    std::unique_ptr<Node> root_;
};

}  // namespace marketday::http
