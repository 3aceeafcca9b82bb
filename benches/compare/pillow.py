"""Pillow: every position by hand, no layout, no line breaks found by itself.

    python3 pillow.py FOLDER ROUNDS POSTERS
"""

import json
import resource
import sys
import time
from pathlib import Path

import PIL
from PIL import Image, ImageDraw, ImageFilter, ImageFont

folder, rounds, posters = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
INK, SOFT, ACCENT, PALE, LINE = "#1a1006", "#57493c", "#762d1e", "#fff8f0", "#cbc1b7"


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(folder / f"{name}.ttf", size)


BRAND, TAG, TITLE, LEAD = font("sans-700", 33), font("sans-400", 28), font("serif-900", 142), font("sans-400", 36)
EYEBROW, LATIN, STRONG, BUTTON = font("latin-italic", 30), font("latin-italic", 27), font("sans-700", 34), font("sans-700", 30)

# Left edge, base line, font, colour, words.
TEXTS = [
    (80, 106, BRAND, INK, "云雾"),
    (918, 104, TAG, "#52483c", "30 mL"),
    (80, 181, EYEBROW, ACCENT, "Serum"),
    (80, 344, TITLE, INK, "精华液"),
    (80, 439, LEAD, INK, "让肌肤自在呼吸"),
    (80, 487, LATIN, SOFT, "Let Your Skin Glow Softly"),
    (80, 1610, STRONG, INK, "补水保湿"),
    (80, 1651, LATIN, SOFT, "Hydrates and"),
    (80, 1689, LATIN, SOFT, "Moisturises"),
    (396, 1610, STRONG, INK, "细腻质感"),
    (396, 1651, LATIN, SOFT, "A Refined Texture"),
    (711, 1610, STRONG, INK, "日常好搭"),
    (711, 1651, LATIN, SOFT, "Fits Every Routine"),
    (80, 1800, STRONG, INK, "精华液 30 mL"),
    (80, 1841, LATIN, SOFT, "Serum"),
    (658, 1817, BUTTON, PALE, "立即选购"),
    (797, 1816, LATIN, PALE, "Shop now"),
]


def soft_ellipse(poster: Image.Image, box: tuple[int, int, int, int], color: str, opacity: int, sigma: int) -> None:
    margin = 3 * sigma
    left, top, width, height = box
    mask = Image.new("L", (width + 2 * margin, height + 2 * margin))
    ImageDraw.Draw(mask).ellipse((margin, margin, margin + width, margin + height), fill=opacity)
    poster.paste(color, (left - margin, top - margin), mask.filter(ImageFilter.GaussianBlur(sigma)))


def poster() -> Image.Image:
    picture = Image.open(folder / "plate.jpg").convert("RGB")
    soft_ellipse(picture, (370, 1350, 340, 80), "#3c1e0a", 102, 24)
    soft_ellipse(picture, (400, 1376, 280, 26), "#280f05", 178, 8)
    product = Image.open(folder / "product.png").resize((300, 730), Image.Resampling.LANCZOS)
    picture.paste(product, (390, 660), product)
    draw = ImageDraw.Draw(picture)
    for x in (369, 684):
        draw.line((x, 1536, x, 1748), fill=LINE, width=2)
    # Simple signs instead of the curves of the pictograms: Pillow has no paths.
    draw.polygon([(99, 1540), (109, 1557), (99, 1568), (89, 1557)], outline=ACCENT, width=3)
    draw.arc((402, 1541, 432, 1567), 90, 360, fill=ACCENT, width=3)
    draw.ellipse((716, 1541, 744, 1569), outline=ACCENT, width=3)
    draw.line([(730, 1547), (730, 1555), (736, 1559)], fill=ACCENT, width=3)
    draw.rounded_rectangle((622, 1764, 1000, 1848), 4, fill=ACCENT)
    draw.line((938, 1806, 960, 1806), fill=PALE, width=2)
    draw.line([(952, 1798), (960, 1806), (952, 1814)], fill=PALE, width=2)
    for left, base, face, color, words in TEXTS:
        draw.text((left, base), words, font=face, fill=color, anchor="ls")
    return picture


def save() -> None:
    poster().save(folder / "pillow-ready.jpg", quality=90, subsampling=0)


for _ in range(2):
    save()
cpu_ms = []
for _ in range(rounds):
    before = time.process_time()
    for _ in range(posters):
        save()
    cpu_ms.append((time.process_time() - before) * 1000 / posters)
peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"name": f"Pillow {PIL.__version__}, positions by hand, scene ready", "cpuMs": cpu_ms, "peakMib": peak_mib}))
