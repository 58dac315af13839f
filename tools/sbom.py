#!/usr/bin/env python3
"""What the program is made of, as CycloneDX 1.5 in JSON: every library that it loads, with the Debian package and version that it
comes from here, every header-only package that is compiled into it, and every package of node's that its pages are built with.

    tools/sbom.py build/release/marketday > build/marketday.cdx.json
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Compiled in, so that no library is loaded for them.
HEADERS_ONLY = ["libboost1.81-dev", "libcli11-dev"]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def libraries(program):
    """The files of all libraries that the program loads, theirs too."""
    return sorted({os.path.realpath(path) for path in re.findall(r"=> (/\S+)", output("ldd", str(program)))})


def package_of(file):
    """The Debian package that a file belongs to."""
    for name in (file, file.removeprefix("/usr"), "/usr" + file):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(",")[0]
    raise SystemExit(f"{file} belongs to no package; a library from elsewhere has no version to tell")


def debian_component(package):
    name, version, source, arch = output("dpkg-query", "-W", "-f=${Package}\t${Version}\t${source:Package}\t${Architecture}", package).split("\t")
    purl = f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch={arch}&distro=debian-12"
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
                 "properties": [{"name": "debian:source", "value": source}]}
    copyright_file = pathlib.Path(f"/usr/share/doc/{name}/copyright")
    if copyright_file.exists():
        licences = sorted(set(re.findall(r"^License: (\S+)$", copyright_file.read_text(errors="replace"), re.M)))
        component["licenses"] = [{"license": {"name": licence}} for licence in licences[:12]]
    return component


def node_components():
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    for path, package in sorted(lock["packages"].items()):
        if not path:
            continue
        name = path.rsplit("node_modules/", 1)[-1]
        purl = f"pkg:npm/{urllib.parse.quote(name)}@{package['version']}"
        component = {"type": "library", "bom-ref": f"{purl}#{path}", "name": name, "version": package["version"], "purl": purl,
                     "scope": "excluded" if package.get("dev") else "required"}
        if "license" in package:
            component["licenses"] = [{"license": {"name": package["license"]}}]
        algorithm, _, digest = package.get("integrity", "").partition("-")
        if algorithm == "sha512":
            import base64
            component["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
        yield component


def document(program):
    components = [debian_component(package) for package in sorted({package_of(file) for file in libraries(program)} | set(HEADERS_ONLY))]
    components += node_components()
    version = re.search(r"project\(marketday VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    # Of one program there is one document: its number follows from its bytes, its time from the commit.
    commit_time = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))
    main = {"type": "application", "bom-ref": "marketday", "name": "marketday", "version": version, "hashes": [{"alg": "SHA-256", "content": digest}]}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}", "version": 1,
            "metadata": {"timestamp": datetime.datetime.fromtimestamp(commit_time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "component": main},
            "components": components,
            "dependencies": [{"ref": "marketday", "dependsOn": [component["bom-ref"] for component in components]}]}


def faults(sbom):
    """What CycloneDX 1.5 asks of the members used here and is not so."""
    if (sbom["bomFormat"], sbom["specVersion"]) != ("CycloneDX", "1.5"):
        yield "the format"
    if not re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sbom["serialNumber"]):
        yield "the serial number"
    references = [component["bom-ref"] for component in sbom["components"]] + ["marketday"]
    if len(references) != len(set(references)):
        yield "a bom-ref stands twice"
    for component in sbom["components"]:
        if component["type"] not in ("library", "application") or not component["name"] or not component["version"]:
            yield f"{component['bom-ref']}: type, name or version"
        if not re.fullmatch(r"pkg:(deb|npm)/[^@]+@[^@]+", component["purl"]):
            yield f"{component['purl']}: no package URL"
        for one in component.get("hashes", []):
            if not re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{128}", one["content"]):
                yield f"{component['bom-ref']}: a hash"
    for dependency in sbom["dependencies"]:
        yield from (f"{one} is depended on and not there" for one in dependency["dependsOn"] if one not in references)


def main():
    sbom = document(pathlib.Path(sys.argv[1]))
    wrong = list(faults(sbom))
    if wrong:
        raise SystemExit("\n".join(wrong))
    json.dump(sbom, sys.stdout, indent=1, ensure_ascii=False)
    print()
    required = [one for one in sbom["components"] if one.get("scope") != "excluded"]
    print(f"{len(sbom['components'])} components, {len(required)} of them in the program", file=sys.stderr)


if __name__ == "__main__":
    main()
