"""A data directory that cannot be served is refused with one line that says what to do, and stays as it was."""

import hashlib
import os
import pathlib
import sqlite3
import unittest

import shop

NOBODY = 65534


def digest(file):
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()


class DataDirectory(shop.ShopTest):
    def made_shop(self):
        data = self.directory / "shop"
        first = self.serve(data)
        first.stock_up("lantern", 10)
        self.assertEqual(first.stop(), 0)
        return data

    def test_a_second_server_on_one_directory_is_refused(self):
        data = self.directory / "shop"
        first = self.serve(data)
        self.assertIn("in use by another marketday process", self.refused_start(data))
        self.assertEqual(shop.call(first.url + "/livez").status, 200)
        self.assertEqual(first.stop(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be somebody else")
    def test_a_read_only_directory_is_refused(self):
        data = self.directory / "shop"
        data.mkdir(mode=0o555)
        line = self.refused_start(data, user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertIn(str(data), line)
        self.assertIn("writable", line)
        self.assertEqual(list(data.iterdir()), [])

    def test_a_corrupted_database_is_refused_with_the_way_to_restore(self):
        data = self.made_shop()
        database = data / "marketday.db"
        content = bytearray(database.read_bytes())
        for page in range(1, len(content) // 4096, 2):
            content[page * 4096:page * 4096 + 64] = b"\xa5" * 64
        database.write_bytes(content)
        before = digest(database)
        self.assertIn("marketday restore", self.refused_start(data))
        self.assertEqual(digest(database), before)
        audited = shop.run("audit", "--data", data)
        self.assertEqual(audited.returncode, 2)
        self.assertEqual(len(audited.stderr.strip().splitlines()), 1)

    def test_a_file_that_is_no_database_is_refused_with_the_way_to_restore(self):
        data = self.directory / "shop"
        data.mkdir()
        (data / "marketday.db").write_bytes(b"PK\x03\x04" + os.urandom(20_000))
        self.assertIn("marketday restore", self.refused_start(data))
        self.assertEqual(shop.run("audit", "--data", data).returncode, 2)

    def test_a_database_newer_than_the_program_is_refused(self):
        data = self.made_shop()
        database = sqlite3.connect(data / "marketday.db")
        database.execute("INSERT INTO migrations VALUES ('9999_from_the_future', 0)")
        database.commit()
        database.close()
        line = self.refused_start(data)
        self.assertIn("9999_from_the_future", line)
        self.assertIn("newer program", line)


if __name__ == "__main__":
    shop.main()
