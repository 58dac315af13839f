"""Generated parts of Markdown files: what stands between <!-- NAME --> and <!-- /NAME -->."""
import pathlib
import sys


def replace_block(text, name, content, path):
    """`text` with the block of that name replaced. Ends the program when there is none."""
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, opened, rest = text.partition(opening)
    _, closed, tail = rest.partition(closing)
    if not opened or not closed:
        sys.exit(f"{path}: no block between {opening} and {closing}")
    return f"{head}{opening}\n{content.strip()}\n{closing}{tail}"


def write_or_check(path, blocks, check):
    """Puts each block (name -> content) into the file; with `check` only compares. Returns the exit code."""
    before = text = pathlib.Path(path).read_text(encoding="utf-8")
    for name, content in blocks.items():
        after = replace_block(text, name, content, path)
        if check and after != text:
            print(f"{path}: {name} is not what the program says; run {sys.argv[0]} without --check", file=sys.stderr)
        text = after
    if check:
        return 0 if text == before else 1
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return 0
