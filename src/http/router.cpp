#include "http/router.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "http/url.hpp"

namespace marketday::http {

struct Router::Node {
    struct Literal {
        std::string text;
        std::unique_ptr<Node> node;
    };
    std::vector<Literal> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;  // {name...}
    std::vector<const Route*> routes;

    Node& literal(std::string_view text) {
        for (Literal& candidate : literals) {
            if (candidate.text == text) return *candidate.node;
        }
        literals.push_back({std::string{text}, std::make_unique<Node>()});
        return *literals.back().node;
    }
    static Node& made(std::unique_ptr<Node>& node) {
        if (!node) node = std::make_unique<Node>();
        return *node;
    }
};

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
    for (const Route& route : routes_) add(route);
}

Router::~Router() = default;

void Router::add(const Route& route) {
    if (!route.pattern.starts_with('/')) {
        throw std::invalid_argument(fmt::format("route pattern '{}' does not start with '/'", route.pattern));
    }
    Node* node = root_.get();
    std::string_view rest = route.pattern.substr(1);
    std::size_t parameters = 0;
    for (bool last = false; !last;) {
        const std::size_t slash = rest.find('/');
        const std::string_view segment = rest.substr(0, slash);
        last = slash == std::string_view::npos;
        if (!last) rest.remove_prefix(slash + 1);
        if (segment.starts_with('{') && segment.ends_with("...}") && last) {
            node = &Node::made(node->rest);
            ++parameters;
        } else if (segment.starts_with('{') && segment.ends_with('}')) {
            node = &Node::made(node->parameter);
            ++parameters;
        } else {
            node = &node->literal(segment);
        }
    }
    if (parameters > 3) throw std::invalid_argument(fmt::format("too many parameters in '{}'", route.pattern));
    for (const Route* other : node->routes) {
        if (other->method == route.method) {
            throw std::invalid_argument(fmt::format("two routes for {} {}", to_string(route.method), route.pattern));
        }
    }
    node->routes.push_back(&route);
}

const Router::Node* Router::descend(const Node& node, std::string_view rest, std::array<std::string_view, 3>& raw,
                                    std::size_t depth) const {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    const std::string_view after = last ? std::string_view{} : rest.substr(slash + 1);
    const auto go_on = [&](const Node& next, std::size_t next_depth) -> const Node* {
        if (!last) return descend(next, after, raw, next_depth);
        return next.routes.empty() ? nullptr : &next;
    };
    for (const Node::Literal& literal : node.literals) {
        if (literal.text != segment) continue;
        if (const Node* found = go_on(*literal.node, depth)) return found;
    }
    if (node.parameter && !segment.empty()) {
        raw[depth] = segment;
        if (const Node* found = go_on(*node.parameter, depth + 1)) return found;
    }
    if (node.rest && !rest.empty()) {
        raw[depth] = rest;
        return node.rest.get();
    }
    return nullptr;
}

Router::Match Router::find(Method method, std::string_view path, std::array<std::string, 3>& params) const {
    Match match;
    std::array<std::string_view, 3> raw{};
    const Node* node = path.starts_with('/') ? descend(*root_, path.substr(1), raw, 0) : nullptr;
    if (node == nullptr) return match;
    match.of_path = &node->routes;
    for (const Route* route : node->routes) {
        if (route->method == method) {
            match.route = route;
            break;
        }
        if (method == Method::head && route->method == Method::get) match.route = route;
    }
    if (match.route == nullptr) {
        match.kind = Match::Kind::no_such_method;
        return match;
    }
    match.kind = Match::Kind::found;
    for (std::size_t i = 0; i < raw.size() && !raw[i].empty(); ++i) {
        if (!percent_decode_into(raw[i], params[i])) match.kind = Match::Kind::bad_escape;
    }
    return match;
}

std::string Router::allow(const std::vector<const Route*>& of_path) {
    std::string methods;
    const auto add_method = [&](std::string_view name) {
        if (!methods.empty()) methods += ", ";
        methods += name;
    };
    for (const Route* route : of_path) {
        add_method(to_string(route->method));
        if (route->method == Method::get) add_method("HEAD");
    }
    add_method("OPTIONS");
    return methods;
}

}  // namespace marketday::http
