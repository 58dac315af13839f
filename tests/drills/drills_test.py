"""Every drill at a size of seconds: that the shop bears it, and that the drill can be run. `./dev drill` has the full size.

`overload` is left out: what it judges are times and rates, which say nothing on a machine that tests share.
"""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import shop  # noqa: E402

FUSE = os.access("/dev/fuse", os.R_OK | os.W_OK)
FAKETIME = any(pathlib.Path(place).exists() for place in (
    "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime", "/usr/lib64/faketime"))


class Drill(shop.ShopTest):
    def drill(self, name, *arguments):
        done = shop.run("drill", name, "--json", *arguments, timeout=580, env={**os.environ, "TMPDIR": str(self.directory)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(list(self.directory.iterdir()), [], "it leaves something behind")
        result = json.loads(done.stdout)
        self.assertTrue(result["passed"])
        return result["figures"]

    def test_kill(self):
        figures = self.drill("kill", "--count", 20, "--shoppers", 150)
        self.assertEqual((figures["orders acknowledged"], figures["orders lost"]), ("3,000", "0"))

    @unittest.skipUnless(FUSE, "needs /dev/fuse")
    def test_power(self):
        figures = self.drill("power", "--count", 4, "--shoppers", 120)
        self.assertEqual(figures["orders lost"], "0")
        self.assertNotEqual(figures["sectors unsynced at a cut"], "0")
        self.assertIn("loses orders; noticed", figures["a disk that lies about its syncs"])

    @unittest.skipUnless(FUSE, "needs /dev/fuse")
    def test_disk(self):
        figures = self.drill("disk", "--count", 8, "--shoppers", 120)
        self.assertNotEqual(figures["answers 503"], "0")

    def test_freeze(self):
        self.drill("freeze", "--count", 2, "--seconds", 3)

    def test_descriptors(self):
        self.drill("descriptors", "--count", 2)

    def test_memory(self):
        self.drill("memory", "--count", 4)

    @unittest.skipUnless(FAKETIME, "needs the package libfaketime")
    def test_clock(self):
        self.drill("clock", "--count", 2)

    def test_leaks(self):
        self.drill("leaks", "--count", 2, "--shoppers", 200)

    def test_soak(self):
        self.drill("soak", "--seconds", 60, "--shoppers", 40)

    def test_there_is_no_such_drill(self):
        done = shop.run("drill", "flood")
        self.assertEqual(done.returncode, 2)
        self.assertIn('there is no drill "flood"; there are kill, power', done.stderr)


if __name__ == "__main__":
    shop.main()
