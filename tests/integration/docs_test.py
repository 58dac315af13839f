"""The tables of the documentation are what the program says."""

import pathlib
import re
import subprocess
import sys

import shop

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Docs(shop.ShopTest):
    def check(self, script):
        done = subprocess.run([sys.executable, ROOT / "tools" / script, "--program", shop.PROGRAM, "--check"],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_table_of_settings_is_the_programs(self):
        self.check("config_table.py")

    def test_the_tables_of_routes_and_problems_are_the_servers(self):
        self.check("api_table.py")

    def test_the_types_of_the_console_are_of_the_servers_description(self):
        self.check("api_types.py")

    def test_every_metric_of_a_scrape_is_explained(self):
        server = self.serve(self.directory / "shop")
        shop.call(server.url + "/api/v1/sales")
        names = set(re.findall(r"^# TYPE (\S+)", shop.call(server.admin_url + "/metrics").text, re.M))
        self.assertEqual(server.stop(), 0)
        explained = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
        self.assertEqual({name for name in names if f"`{name}`" not in explained}, set())

    def test_links_between_pages_lead_somewhere(self):
        pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
        for page in pages:
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
                if "://" not in target:
                    with self.subTest(f"{page.name} -> {target}"):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    shop.main()
