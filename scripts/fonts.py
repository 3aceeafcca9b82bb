#!/usr/bin/env python3
"""Rebuilds data/assets/fonts from pinned npm packages.

Needs npm, fonttools and brotli. Every package is checked against its recorded SHA-512 before it
is opened. Families that come ready sliced are shipped byte for byte; the full CJK files are cut
down to GB 2312 plus Latin and punctuation. `fonts.json` tells the composer which file serves
which family, weights and characters.

    python3 scripts/fonts.py
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent / "data" / "assets" / "fonts"

PACKAGES = {
    "@fontsource-variable/noto-sans-sc": ("5.3.1", "UB96JJ17HyD5ehEU7Em0hDdh7fvTMB4B4Hzmq5c4QaNwwSLqTrdM2S+coySeBqCkXwh0DxqXT0b0wMrmzorFpQ=="),
    "@expo-google-fonts/noto-serif-sc": ("0.4.3", "fSmUpiSFtSeyHV45/2xUOy5SdfExklQwwMKN3cQjAZAujITHDmSbpMHCVdCMhRqMjQtu0ZRgc29u8A+CU3akfw=="),
    "@fontsource/lxgw-wenkai": ("5.3.0", "+U5AAOXeaB7o+3G0Qm7I7Djz2Jd1hqNY+kClOZH8bTunyyGa2WxY12LZftt2AqUsxlfxwdQpd75Js1HQIt4H4g=="),
    "@fontsource-variable/playfair-display": ("5.3.0", "IHdzTvE8eGIXHteZql7KXoqdc3Gfm+Zs1u4XlSC3MeplkwviT3sx/P6gI0tLwg/xIYLF4ZJYveZ5V+bl9cnDwA=="),
    "@fontsource-variable/space-grotesk": ("5.3.0", "2IxmvfB08i9vnGB3Ym/AXvhRE+8XOjWMXIyDum03c+tPwH0FUoMNQfGpU8NXPxjbws0Vvss3AH0Zqt4oJBBAdw=="),
    "@fontsource-variable/oxanium": ("5.3.0", "oVOH5mHRMDLQsxG6h2XAOCxyD+uQL2w5zAjy1FgnAlqt183JDVGPxy9FWK7dDnhEO8huXfP6V2C3QJUj1Ac/Sw=="),
}

# (package, glob inside it, target folder, family, weight range, italic, cut down to GB 2312?)
FACES = [
    ("@fontsource-variable/noto-sans-sc", "files/*-wght-normal.woff2", "noto-sans-sc", "Noto Sans SC", (100, 900), False, False),
    ("@expo-google-fonts/noto-serif-sc", "600SemiBold/*.ttf", "noto-serif-sc", "Noto Serif SC", (600, 600), False, True),
    ("@expo-google-fonts/noto-serif-sc", "900Black/*.ttf", "noto-serif-sc", "Noto Serif SC", (900, 900), False, True),
    ("@fontsource/lxgw-wenkai", "files/*-700-normal.woff2", "lxgw-wenkai", "LXGW WenKai", (700, 700), False, True),
    ("@fontsource-variable/playfair-display", "files/*-latin-wght-normal.woff2", "playfair-display", "Playfair Display", (400, 900), False, False),
    ("@fontsource-variable/playfair-display", "files/*-latin-wght-italic.woff2", "playfair-display", "Playfair Display", (400, 900), True, False),
    ("@fontsource-variable/space-grotesk", "files/*-latin-wght-normal.woff2", "space-grotesk", "Space Grotesk", (300, 700), False, False),
    ("@fontsource-variable/oxanium", "files/*-latin-wght-normal.woff2", "oxanium", "Oxanium", (200, 800), False, False),
]


def fetch(package, version, digest, into):
    """Downloads one package, checks it and unpacks it; answers the folder."""
    subprocess.run(["npm", "pack", f"{package}@{version}", "--silent"], cwd=into, check=True, stdout=subprocess.DEVNULL)
    archive = into / f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != digest:
        sys.exit(f"{package}@{version}: expected {digest}, got {found}")
    folder = into / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    return folder / "package"


def simplified_characters():
    """GB 2312, ASCII, Latin-1, general punctuation, units, arrows and full-width forms."""
    characters = set(range(0x20, 0x7F)) | set(range(0xA0, 0x180)) | set(range(0x2010, 0x2040))
    characters |= set(range(0x2100, 0x2140)) | set(range(0x2190, 0x219A)) | set(range(0x3000, 0x3018)) | set(range(0xFF01, 0xFF5F))
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                characters.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    return characters


def cut_down(source, target):
    """Writes the GB 2312 part of a font as WOFF2, keeping the names that carry the weight."""
    options = subset.Options()
    options.flavor = "woff2"
    options.name_IDs = ["*"]
    options.layout_features = ["kern", "liga", "locl", "palt", "tnum", "lnum"]
    options.hinting = False
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=simplified_characters())
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def ranges(points):
    """The characters as hexadecimal runs: `20-7e,a0,b7-b9`."""
    runs = []
    for point in sorted(points):
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return ",".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in runs)


def main():
    index = []
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: fetch(name, version, digest, Path(scratch)) for name, (version, digest) in PACKAGES.items()}
        for package, pattern, folder, family, (lightest, heaviest), italic, cut in FACES:
            target = ROOT / folder
            target.mkdir(parents=True, exist_ok=True)
            for name in ("LICENSE_FONT", "LICENSE"):
                if (folders[package] / name).exists():
                    (target / "OFL.txt").write_bytes((folders[package] / name).read_bytes())
                    break
            sources = sorted(folders[package].glob(pattern))
            if not sources:
                sys.exit(f"{package}: nothing matches {pattern}")
            for source in sources:
                file = target / (source.stem.replace("-latin-700-normal", "-700-gb2312" if cut else "-latin-700-normal") + ".woff2")
                cut_down(source, file) if cut else file.write_bytes(source.read_bytes())
                points = ranges(TTFont(str(file)).getBestCmap())
                index.append({
                    "file": f"{folder}/{file.name}",
                    "family": family,
                    "weights": [lightest, heaviest],
                    "italic": italic,
                    "characters": points,
                })
    (ROOT / "fonts.json").write_text(json.dumps({"faces": index}, indent=1) + "\n")
    total = sum(file.stat().st_size for file in ROOT.rglob("*") if file.is_file())
    print(f"{len(index)} files, {total / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
