"""What the tests of shops on PostgreSQL share: one engine a class of tests, one empty database a test."""

import json
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import shop  # noqa: E402
from postgres import PROGRAMS, Postgres  # noqa: E402


class PostgresTest(shop.ShopTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.__exit__)

    def setUp(self):
        super().setUp()
        self.database = self.postgres.new_database()

    def sql(self, statement):
        """What psql prints of the answer's rows; fails the test when the statement does."""
        done = subprocess.run([str(PROGRAMS / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, self.database],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def audited(self, *arguments):
        """The report; fails the test unless everything holds."""
        done = shop.run("audit", "--database", self.database, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)
