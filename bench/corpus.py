"""The development files that everything is measured on."""
import os
import pathlib
import subprocess
import sys

import tools

GROUPS = {  # name: (domain, which source folders)
    "prose": ("prose", lambda source: True),
    "medicine": ("medicine", lambda source: True),
    "law": ("law", lambda source: True),
    "code": ("code", lambda source: True),
    "logs and tables": ("structured", lambda source: source.startswith("loghub-") or source.endswith("-csv")),
    "markup and data": ("structured", lambda source: not (source.startswith("loghub-") or source.endswith("-csv"))),
    "languages": ("lang", lambda source: True),
}
BINARIES = "binaries"  # programs and libraries of the machine itself; their package versions are in the report
BINARY_FILES = ("/usr/bin/xz", "/usr/bin/zstd", "/usr/lib/x86_64-linux-gnu/libjpeg.so.62",
                "/usr/lib/x86_64-linux-gnu/libcrypto.so.3")


def corpus_folder(data, domain):
    """The folder with the development files of a domain; unpacked once into build/corpus."""
    if os.environ.get("LMC_CORPUS"):
        return pathlib.Path(os.environ["LMC_CORPUS"]) / domain / "dev"
    cache = tools.ROOT / "build/corpus" / domain
    if not (cache / "complete").exists():
        archive = pathlib.Path(data) / "text" / f"{domain}.tar.xz"
        if not archive.exists():
            sys.exit(f"bench: {archive} is missing; name the corpora with --data or LMC_DATA")
        print(f"unpacking {archive}", file=sys.stderr)
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-xJf", archive, "-C", cache, "--wildcards", "*dev/*"], check=True)
        (cache / "complete").touch()
    return next(p for p in [cache / "dev", *cache.glob("*/dev")] if p.is_dir())


def group_files(group, data, limit):
    if group == BINARIES:
        return [pathlib.Path(name) for name in BINARY_FILES if pathlib.Path(name).exists()]
    domain, belongs = GROUPS[group]
    folder = corpus_folder(data, domain)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and belongs(p.relative_to(folder).parts[0]))
    if limit and len(files) > limit:
        files = [files[i * len(files) // limit] for i in range(limit)]
    return files


def joined(group, data, size_bytes):
    """The first bytes of a group's files put together in the order of their paths."""
    out = b""
    for path in group_files(group, data, 0):
        out += path.read_bytes()
        if len(out) >= size_bytes:
            break
    return out[:size_bytes]
