#include <CLI/App.hpp>

#include "cli/commands.hpp"
#include "cli/operate_operator.hpp"
#include "cli/operate_order.hpp"
#include "cli/operate_product.hpp"
#include "cli/operate_sale.hpp"
#include "cli/operate_verify_draw.hpp"

namespace marketday::cli {

void add_operate(CLI::App& app, int& exit_code) {
    CLI::App* sale = add_sale_commands(app, exit_code);
    add_verify_draw(*sale, exit_code);
    add_product_commands(app, exit_code);
    add_stock_commands(app, exit_code);
    add_order_commands(app, exit_code);
    add_operator_commands(app, exit_code);
}

}  // namespace marketday::cli
