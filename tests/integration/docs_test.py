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

    def test_every_defect_of_the_proof_names_a_test_that_is_there_or_says_that_there_is_none(self):
        tests = [file for kind in ("src/**/*_test.cpp", "tests/**/*.[ch]pp", "tests/**/*.py", "tests/**/*.mjs", "tests/**/*.cmake")
                 for file in ROOT.glob(kind) if "node_modules" not in file.parts]
        names = {file.name for file in tests} | {file.stem for file in tests}
        text = "\n".join(file.read_text(encoding="utf-8") for file in tests)
        proof = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")
        rows = [line for line in proof.partition("## Defects found on the way")[2].splitlines() if line.startswith("| ")][1:]
        self.assertGreater(len(rows), 50)

        def is_there(name):
            if name.startswith(("drill ", "./dev bench ")):
                last = name.split()[-1]
                return (ROOT / "src" / "drills" / f"{last}_drill.cpp").exists() or any((ROOT / "bench").rglob(f"{last}*"))
            suite, _, test = name.rstrip("…*").partition(".")
            if re.fullmatch(r"\w+\.\w*", name.rstrip("…*")) and test not in ("py", "mjs"):
                return re.search(rf"TEST(_[FP])?\({suite}, {test}", text) is not None
            return name in names or (ROOT / name).exists() or name.rstrip("…*") in text

        for row in rows:
            cells = row.strip("| ").split(" | ")
            with self.subTest(cells[0]):
                if cells[0].startswith("**Open**"):
                    continue
                self.assertEqual(len(cells), 4)
                if not cells[3].startswith("no test"):
                    named = re.findall(r"`([^`]+)`", cells[3])
                    self.assertTrue(named, cells[3])
                    self.assertEqual([name for name in named if not is_there(name)], [])

    def test_links_between_pages_lead_somewhere(self):
        pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
        for page in pages:
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
                if "://" not in target:
                    with self.subTest(f"{page.name} -> {target}"):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    shop.main()
