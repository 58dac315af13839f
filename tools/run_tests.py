#!/usr/bin/env python3
"""Runs the test programs of a build and ends with one plain count.

    tools/run_tests.py --build build/dev --program build/release/marketday [SUITE…]

Suites are ctest labels. A GoogleTest program counts each of its tests, any other program counts as one. A program that
ends without a report (a crash, a sanitizer's finding) counts as one failure. The suite tsan is what was built with
ThreadSanitizer. The suite e2e is tests/e2e in Chromium, run by
node; it counts each of its tests.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SUITES = ["unit", "contract", "simulation", "integration", "drill", "tsan", "e2e", "fuzz", "bench"]
# Their tests measure no times and start no servers that others would slow down.
CALM_SUITES = ["unit", "simulation", "fuzz"]

# Those with threads; ./dev test builds the first, ./dev tsan all.
TSAN_PROGRAMS = ["threads", "http_server_test", "event_stream_test", "contract_order_book", "contract_line_book", "contract_payments",
                 "contract_accounts", "contract_baskets", "catalogue_contract_test", "contract_images", "contract_search",
                 "contract_statistics"]


class Program:
    """One test of ctest: its name, suite, command, environment, working directory, and seconds that it may take."""

    def __init__(self, test):
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        self.name = test["name"]
        self.labels = properties.get("LABELS", [])
        self.command = test.get("command")  # none: its program was not built
        self.environment = dict(one.split("=", 1) for one in properties.get("ENVIRONMENT", []))
        self.directory = properties.get("WORKING_DIRECTORY")
        self.timeout_s = properties.get("TIMEOUT", 900)


def programs_of(build, suites):
    out = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], capture_output=True, text=True,
                         check=True).stdout
    return [program for program in map(Program, json.loads(out)["tests"]) if any(label in suites for label in program.labels)]


def run_program(program, environment, reports):
    """(its report's counts, output) of one test."""
    if program.command is None:
        return (0, 1, 0, [f"{program.name} was not built"]), "its program was not built"
    report = reports / f"{program.name}.xml"
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        run = subprocess.Popen(program.command, cwd=program.directory, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                               env=environment | program.environment | {"GTEST_OUTPUT": f"xml:{report}"})
        try:
            code = run.wait(program.timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            code = None
        output.seek(0)
        said = output.read()
    if code is None:
        said += f"\nended after {program.timeout_s} s"
    counted = count_report(report)
    if counted is None:
        counted = (1, 0, 0, []) if code == 0 else (0, 1, 0, [program.name])
    elif code != 0 and counted[1] == 0:
        counted = (counted[0], 1, counted[2], [f"{program.name} ended badly after its tests"])
    return counted, said


def run_programs(build, suites, environment, reports):
    """(program, counts, output) of each test: those that wait for nothing but a processor two at a time."""
    programs = programs_of(build, suites)
    calm = [one for one in programs if one.labels[0] in CALM_SUITES]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        results = pool.map(lambda one: run_program(one, environment, reports), calm)
        for program, (counted, output) in zip(calm, results):
            yield program, counted, output
    for program in programs:
        if program not in calm:
            yield program, *run_program(program, environment, reports)


def count_report(path):
    """(passed, failed, skipped, names of failed tests) of one GoogleTest report; None when there is none."""
    if not path.exists():
        return None
    passed = failed = skipped = 0
    names = []
    for case in ET.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
            names.append(f'{case.get("classname")}.{case.get("name")}')
        elif case.get("result") == "skipped" or case.get("status") == "notrun" or case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped, names


def run_e2e(program, reports):
    """(passed, failed, output) of the tests in a browser."""
    report = reports / "e2e.json"
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MARKETDAY")}
    environment |= {"MARKETDAY": str(program.resolve()), "E2E_REPORT": str(report)}
    script = pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e" / "run.mjs"
    run = subprocess.run(["node", str(script)], env=environment, capture_output=True, text=True)
    results = json.loads(report.read_text()) if report.exists() else []
    passed = sum(result["passed"] for result in results)
    failed = len(results) - passed
    if run.returncode != 0 and failed == 0:
        failed = 1
    return passed, failed, run.stdout + run.stderr


def run_tsan(build, reports):
    """(name, its report's counts, output) of each program that was built with ThreadSanitizer."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MARKETDAY")}
    environment |= {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"}
    for name in TSAN_PROGRAMS:
        program = build / name
        if not program.exists():
            continue
        report = reports / f"tsan-{name}.xml"
        run = subprocess.run([program.resolve()], env=environment | {"GTEST_OUTPUT": f"xml:{report}"}, capture_output=True, text=True)
        counted = count_report(report) or (0, 1, 0, [name])
        if run.returncode != 0 and counted[1] == 0:
            counted = (counted[0], 1, counted[2], [f"{name} ended badly"])
        yield name, counted, run.stdout + run.stderr


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True, type=pathlib.Path)
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("suites", nargs="*")
    options = arguments.parse_args()
    unknown = [s for s in options.suites if s not in SUITES]
    if unknown:
        sys.exit(f"unknown suite {unknown[0]}; there are {', '.join(SUITES)}")
    suites = options.suites or SUITES

    reports = options.build.resolve() / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_stack_use_after_return=0")
    # The program itself reads MARKETDAY_…: tests say what they want by their own flags.
    environment["MARKETDAY"] = str(options.program.resolve())
    passed = failed = skipped = 0
    for program, counted, output in run_programs(options.build, suites, environment, reports):
        passed += counted[0]
        failed += counted[1]
        skipped += counted[2]
        print(f"{program.labels[0]:<12} {program.name:<36} {counted[0]:>5} passed {counted[1]:>3} failed", flush=True)
        if counted[1]:
            print(output[-8000:])
            print("\n".join(f"FAILED {n}" for n in counted[3]), flush=True)
    if "tsan" in suites:
        for name, counted, output in run_tsan(options.build.parent / "tsan", reports):
            passed, failed, skipped = passed + counted[0], failed + counted[1], skipped + counted[2]
            print(f"{'tsan':<12} {name:<36} {counted[0]:>5} passed {counted[1]:>3} failed", flush=True)
            if counted[1]:
                print(output[-8000:], flush=True)
    if "e2e" in suites:
        done, wrong, output = run_e2e(options.program, reports)
        passed += done
        failed += wrong
        print(f"{'e2e':<12} {'in a browser':<36} {done:>5} passed {wrong:>3} failed", flush=True)
        if wrong:
            print(output[-16000:], flush=True)
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
