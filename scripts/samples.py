#!/usr/bin/env python3
"""Makes data/assets/samples anew: one small poster for each style that a seller can choose.

Needs Pillow and a built program. The posters show our own sample product, so that the pictures
may be shipped; run this after any change that alters how posters look.

    python3 scripts/samples.py target/release/haibao
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent / "data" / "assets" / "samples"
DESCRIPTION = (
    "清屿烟酰胺焕亮精华液，5%高纯烟酰胺搭配双重透明质酸与积雪草，提亮匀净、舒缓泛红。"
    "水感质地三秒吸收，不搓泥不黏腻。净含量100 mL，pH 5.5，敏感肌可用，保质期36个月。"
)
# Wide enough for a card at twice a screen's resolution.
WIDTH = 360

STYLES = {
    "visual": ["MAGAZINE", "WATERCOLOR", "TECH", "VINTAGE", "MINIMAL", "CYBER", "ORGANIC"],
    "typography": ["SERIF", "GLASS", "EMBOSSED", "HANDWRITTEN", "NEON", "THIN"],
    "layout": ["STACKED", "PARALLEL", "SEPARATED"],
}
# A way to set type is shown on the look that it was made for.
GROUNDS = {"GLASS": "TECH", "EMBOSSED": "MAGAZINE", "HANDWRITTEN": "WATERCOLOR", "NEON": "CYBER", "THIN": "MINIMAL"}


def make(program: str, kind: str, code: str) -> None:
    visual = code if kind == "visual" else GROUNDS.get(code, "MAGAZINE")
    with tempfile.TemporaryDirectory() as folder:
        order = [program, "render", "--photo", str(ROOT / "serum.jpg"), "--description", DESCRIPTION, "--out", folder]
        order += ["--format", "PORTRAIT_3_4", "--dimensions", "0", "--seed", "7", f"--{kind}", code]
        if kind != "visual":
            order += ["--visual", visual]
        subprocess.run(order, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with Image.open(Path(folder) / "00-prime.jpg") as poster:
            height = round(poster.height * WIDTH / poster.width)
            small = poster.resize((WIDTH, height), Image.Resampling.LANCZOS)
            target = ROOT / f"{kind}-{code.lower()}.jpg"
            small.save(target, quality=82, optimize=True, progressive=True)
            print(f"{target.name}  {target.stat().st_size // 1024} KiB")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for kind, codes in STYLES.items():
        for code in codes:
            make(sys.argv[1], kind, code)


if __name__ == "__main__":
    main()
