#!/usr/bin/env python3
"""Whether a program was built as it is shipped: what makes a mistake in it harder to use. One line each; exit code 1 when
something is missing.

    tools/check_binary.py build/release/marketday
"""
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def findings(program):
    header = output("readelf", "-hW", program)
    segments = output("readelf", "-lW", program)
    dynamic = output("readelf", "-dW", program)
    symbols = output("readelf", "-W", "--dyn-syms", program)
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-j", ".text", program], capture_output=True, text=True).stdout
    functions = len(re.findall(r"^[0-9a-f]+ <[^>]+>:$", text, re.M))
    marked = text.count("endbr64")
    yield "position-independent (PIE)", bool(re.search(r"Type:\s+DYN", header)) and "PIE" in dynamic
    yield "relocations read-only (RELRO), bound at the start (NOW)", "GNU_RELRO" in segments and bool(re.search(r"FLAGS.*NOW", dynamic))
    yield "no executable stack", bool(re.search(r"GNU_STACK.*\bRW\b", segments))
    yield "no segment both written and executed", not re.search(r"LOAD.*\bRWE\b", segments)
    yield "no search path for libraries", not re.search(r"\((RPATH|RUNPATH)\)", dynamic)
    yield "stack protector", "__stack_chk_fail" in symbols
    yield "checked copies (FORTIFY)", len(re.findall(r"__\w+_chk\b", symbols)) > 2
    # Every function that can be reached by a pointer begins so; which these are, only the compiler knows.
    yield f"indirect branches marked (CET): {marked} in {functions} functions", functions > 0 and marked * 3 > functions


def main():
    missing = 0
    for what, there in findings(sys.argv[1]):
        print(f"{'ok     ' if there else 'MISSING'} {what}")
        missing += not there
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
