"""What somebody reads who has mistyped a command, or whose shop is not well: one line that says what to do."""

import getpass
import json
import unittest

import shop


class CommandLine(shop.ShopTest):
    def refused(self, *arguments):
        done = shop.run(*arguments)
        self.assertNotEqual(done.returncode, 0)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def test_a_mistyped_command_names_the_nearest_one(self):
        self.assertIn('did you mean "stock"?', self.refused("stok"))
        self.assertIn('did you mean "create"?', self.refused("sale", "creat"))
        line = self.refused("sale")
        self.assertIn("create", line)
        self.assertIn("marketday sale --help", line)

    def test_numbers_out_of_range_are_refused_in_words(self):
        line = self.refused("stock", "add", "lantern", "-5", "--data", self.directory)
        self.assertIn("-5", line)
        self.assertLess(len(line), 150)

    def test_what_is_not_there_says_where_to_look(self):
        server = self.serve(self.directory / "shop")
        line = self.refused("product", "show", "nothing", "--data", server.data)
        self.assertNotIn("address", line)
        self.assertIn("list", line)
        self.assertIn("give --data the directory of a shop", self.refused("audit", "--data", self.directory / "none"))
        done = shop.run("audit", "--url", server.admin_url, env={"MARKETDAY_OPERATOR_TOKEN": server.token})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_sale_of_more_than_there_is_says_so(self):
        server = self.serve(self.directory / "shop")
        server.stock_up("lantern", 10)
        plan = ("sale", "create", "--data", server.data, "--opens", "+60s", "--name-en", "Sale", "--json")
        done = shop.run(*plan, "--item", "lantern:25:1000:1")
        who = server.operate("GET", "/operators-log?operation=createSale")["items"][0]["operator"]
        self.assertEqual(who, "local/" + getpass.getuser())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("marketday stock add lantern 15", done.stderr)
        shop.run("sale", "close", json.loads(done.stdout)["id"], "--data", server.data)
        done = shop.run(*plan, "--item", "lantern:10:1000:1")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_an_import_says_that_it_leaves_the_stock_of_known_goods(self):
        server = self.serve(self.directory / "shop")
        file = self.directory / "goods.csv"
        file.write_text("sku,name_en,price,category,stock\ncup,Cup,1000,Home/Cups,5\n")
        first = shop.run("import", file, "--data", server.data)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertNotIn("stays as it is", first.stdout)
        file.write_text("sku,name_en,price,category,stock\ncup,Cup,1000,Home/Cups,9\n")
        again = shop.run("import", file, "--data", server.data)
        self.assertIn("stays as it is", again.stdout)
        self.assertEqual(server.operate("GET", "/stock/cup")["available"], 5)
        self.assertEqual(len(server.operate("GET", "/products/cup")["category"]), 2)

    def test_an_import_without_a_server_is_in_the_operators_log(self):
        file = self.directory / "goods.csv"
        file.write_text("sku,name_en,price,category,stock\ncup,Cup,1000,Home/Cups,5\n")
        done = shop.run("import", file, "--data", self.directory / "shop")
        self.assertEqual(done.returncode, 0, done.stderr)
        server = self.serve(self.directory / "shop")
        (entry,) = server.operate("GET", "/operators-log?operation=importProducts")["items"]
        self.assertEqual((entry["operator"], entry["outcome"]), ("local/" + getpass.getuser(), "done"))
        self.assertEqual(entry["details"], {"file": str(file)})


if __name__ == "__main__":
    shop.main()
