"""Lays out what the other tools start from: fonts as plain TTF and the product cut to its outline.

    python3 prepare.py CUT_OUT.png FOLDER

Satori and Pillow read neither WOFF2 nor several slices of one family, so the project's fonts are
unpacked, pinned to the weights the poster uses and, for the sliced family, put together again.
"""

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from PIL import Image

FONTS = Path(__file__).resolve().parents[2] / "data" / "assets" / "fonts"
POSTER = Path(__file__).with_name("poster.html")


def code_points(ranges: str) -> set[int]:
    points = set()
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def whole_family(family: str, weight: int, wanted: set[int], target: Path) -> None:
    """One static TTF out of every slice that draws a wanted character."""
    parts, missing = [], set(wanted)
    for face in json.loads((FONTS / "fonts.json").read_text())["faces"]:
        here = missing & code_points(face["characters"])
        if face["family"] != family or not here:
            continue
        missing -= here
        font = instancer.instantiateVariableFont(TTFont(FONTS / face["file"]), {"wght": weight})
        # Layout tables cannot be put together across slices, and no character here needs one.
        options = subset.Options(layout_features=[], drop_tables=["GSUB", "GPOS", "GDEF", "STAT", "vhea", "vmtx"])
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=here)
        cutter.subset(font)
        part = target.with_suffix(f".{len(parts)}.part")
        font.flavor = None
        font.save(part)
        parts.append(str(part))
    (Merger().merge(parts) if len(parts) > 1 else TTFont(parts[0])).save(target)
    for part in parts:
        Path(part).unlink()


def unpacked(source: str, target: Path, weight: int | None = None) -> None:
    font = TTFont(FONTS / source)
    if weight:
        font = instancer.instantiateVariableFont(font, {"wght": weight})
    font.flavor = None
    font.save(target)


def main() -> None:
    cut_out, folder = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = {ord(character) for character in POSTER.read_text() if ord(character) >= 32}
    whole_family("Noto Sans SC", 400, wanted, folder / "sans-400.ttf")
    whole_family("Noto Sans SC", 700, wanted, folder / "sans-700.ttf")
    unpacked("noto-serif-sc/NotoSerifSC_900Black.woff2", folder / "serif-900.ttf")
    unpacked("playfair-display/playfair-display-latin-wght-italic.woff2", folder / "latin-italic.ttf", 500)
    product = Image.open(cut_out)
    product.crop(product.getbbox()).save(folder / "product.png")


main()
