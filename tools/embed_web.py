#!/usr/bin/env python3
"""Writes a C++ source that holds the files of web/dist: embed_web.py DIST OUTPUT."""

import json
import pathlib
import sys

HEAD = """// Made by tools/embed_web.py from web/dist/manifest.json.
#include "http/assets.hpp"

"""


def symbols(index: int, kind: str, path: pathlib.Path) -> str:
    """One file's bytes between two symbols of the object."""
    name = f"marketday_asset_{index}_{kind}"
    return (
        f'asm(".section .rodata\\n{name}:\\n.incbin \\"{path}\\"\\n{name}_end:\\n.byte 0\\n.previous\\n");\n'
        f'extern "C" __attribute__((visibility("hidden"))) const char {name}[];\n'
        f'extern "C" __attribute__((visibility("hidden"))) const char {name}_end[];\n'
    )


def view(index: int, kind: str) -> str:
    name = f"marketday_asset_{index}_{kind}"
    return f"{{{name}, static_cast<std::size_t>({name}_end - {name})}}"


def main() -> None:
    dist, output = (pathlib.Path(argument) for argument in sys.argv[1:3])
    files = json.loads((dist / "manifest.json").read_text())["files"]
    source, rows = HEAD, []
    for index, file in enumerate(files):
        path = (dist / "assets" / file["file"]).resolve()
        views = []
        for kind, suffix in (("identity", ""), ("gzip", ".gz"), ("brotli", ".br")):
            form = path.with_name(path.name + suffix)
            if suffix and form.stat().st_size > 0.9 * path.stat().st_size:
                views.append("{}")
                continue
            source += symbols(index, kind, form)
            views.append(view(index, kind))
        texts = ", ".join(json.dumps(file[key]) for key in ("name", "file", "content_type"))
        rows.append(f"        {{{texts}, {', '.join(views)}}},\n")
    source += "\nnamespace marketday::http {\n\nstd::span<const EmbeddedAsset> embedded_assets() {\n"
    source += "    static const EmbeddedAsset assets[] = {\n" + "".join(rows) + "    };\n    return assets;\n}\n\n}\n"
    output.write_text(source)


if __name__ == "__main__":
    main()
