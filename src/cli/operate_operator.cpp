#include "cli/operate_operator.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

struct AddOptions {
    AdminTarget target;
    std::string name;
    std::string role = "manager";
    std::string password_file;
};

/// The first line of a file, or of standard input for "-": a password on the command line would be seen by everybody.
std::string read_password(const std::string& file) {
    std::string password;
    if (file == "-") {
        std::getline(std::cin, password);
    } else {
        std::ifstream in(file);
        if (!in) throw CommandError{fmt::format("cannot read {}: give a file whose first line is the password", file)};
        std::getline(in, password);
    }
    while (!password.empty() && password.back() == '\r') password.pop_back();
    if (password.empty()) throw CommandError{"the password is empty: give a file whose first line is the password"};
    return password;
}

std::string member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

json::object parse_object(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw CommandError{"the server's answer is not JSON: is this its admin address?"};
    return std::move(value.get_object());
}

int add(const AddOptions& options) {
    json::object body{{"name", options.name}, {"role", options.role}};
    if (!options.password_file.empty()) body["password"] = read_password(options.password_file);
    AdminClient client{options.target};
    const std::string answer = client.must("POST", "/admin/v1/operators", json::serialize(body));
    if (options.target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    const json::object added = parse_object(answer);
    fmt::print("operator {} added as {}\n", member(added, "name"), member(added, "role"));
    const std::string password = member(added, "password");
    if (!password.empty()) fmt::print("password: {}\nIt is shown this once.\n", password);
    return 0;
}

int list(const AdminTarget& target) {
    AdminClient client{target};
    const std::string answer = client.must("GET", "/admin/v1/operators");
    if (target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    const json::object object = parse_object(answer);
    const json::value* items = object.if_contains("items");
    if (items == nullptr || !items->is_array()) throw CommandError{"the server's answer has no items"};
    Table table{{{"NAME"}, {"ROLE"}, {"SINCE"}}};
    for (const json::value& item : items->get_array()) {
        if (!item.is_object()) continue;
        const json::object& who = item.get_object();
        table.add({member(who, "name"), member(who, "role"), member(who, "created_at")});
    }
    table.print();
    return 0;
}

}  // namespace

void add_operator_commands(CLI::App& app, int& exit_code) {
    CLI::App* group = app.add_subcommand("operator", "Those who run the shop");
    group->require_subcommand(1);

    // Shared with the callback, which CLI11 keeps as long as the app.
    auto add_options = std::make_shared<AddOptions>();
    CLI::App* add_command =
        group->add_subcommand("add", "Add an operator; prints a random password unless one is given");
    add_command->add_option("name", add_options->name, "1 to 64 of a-z, 0-9, '.', '_' and '-'")->required();
    add_command->add_option("--role", add_options->role, "viewer looks, manager changes, owner adds operators")
        ->check(CLI::IsMember({"viewer", "manager", "owner"}))
        ->capture_default_str();
    add_command->add_option("--password-file", add_options->password_file,
                            "Its first line is the password; - reads standard input");
    add_options->target.add_to(*add_command);
    add_command->callback([add_options, &exit_code] { exit_code = run_command([&] { return add(*add_options); }); });

    auto list_target = std::make_shared<AdminTarget>();
    CLI::App* list_command = group->add_subcommand("list", "Show all operators");
    list_target->add_to(*list_command);
    list_command->callback([list_target, &exit_code] { exit_code = run_command([&] { return list(*list_target); }); });
}

}  // namespace marketday::cli
