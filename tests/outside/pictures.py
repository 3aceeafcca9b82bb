"""Pictures that nobody should have to open: made here, byte by byte where libraries are too well-behaved."""

import io
import random
import struct
import zlib

from PIL import Image, PngImagePlugin

MARK = b"canary-of-a-place-31.2304N"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=2, rows=None, before=b"", after=b"", end=True):
    """A PNG of any claimed size; `rows` of empty pixels are really there."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    line = b"\0" * (1 + (width * channels * depth + 7) // 8)
    packer, data = zlib.compressobj(9), b""
    for _ in range(height if rows is None else rows):
        data += packer.compress(line)
    data += packer.flush()
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", data) + after + (chunk(b"IEND", b"") if end else b"")


def picture(mode="RGB", size=(160, 120)):
    """Something with edges and colours."""
    dice = random.Random(5)
    image = Image.new("RGB", size, (240, 238, 232))
    for _ in range(30):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        colour = tuple(dice.randrange(256) for _ in range(3))
        image.paste(colour, (x, y, min(size[0], x + 20), min(size[1], y + 15)))
    return image.convert(mode)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def good():
    return {"png": saved(picture(), "PNG"), "jpeg": saved(picture(), "JPEG"), "webp": saved(picture(), "WEBP")}


def bombs():
    yield "png 20000x20000", png(20_000, 20_000)
    yield "png 20000x20000 claimed", png(20_000, 20_000, rows=10)
    yield "png 13000x13000", png(13_000, 13_000, rows=100)
    yield "png 16-bit rgba 8000x8000", png(8_000, 8_000, depth=16, colour=6, rows=50)
    yield "png 1 bit 60000x60000", png(60_000, 60_000, depth=1, colour=0, rows=10)
    for width, height in [(8193, 1), (1, 8193), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (0, 10), (10, 0), (0, 0)]:
        yield f"png {width}x{height}", png(width, height, rows=0 if max(width, height) > 9000 else None)
    packed = zlib.compress(b"\0" * 50_000_000, 9)
    for name in (b"zTXt", b"iCCP"):
        yield f"png {name.decode()} of 50 MB", png(10, 10, before=chunk(name, b"x\0\0" + packed))
    yield "png text of 8 MB", png(10, 10, before=chunk(b"tEXt", b"x\0" + b"y" * 8_000_000))
    yield "png 20000 chunks", png(10, 10, before=chunk(b"tEXt", b"a\0b") * 20_000)
    yield "png data after its end", png(10, 10) + b"\0" * 5_000_000
    jpeg = good()["jpeg"]
    start = jpeg.index(b"\xff\xc0")
    for height, width in [(65535, 65535), (65535, 1), (1, 65535), (0, 100), (100, 0)]:
        yield f"jpeg {width}x{height}", jpeg[: start + 5] + struct.pack(">HH", height, width) + jpeg[start + 9 :]
    progressive = saved(picture(size=(2000, 2000)), "JPEG", progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    yield "jpeg 500 scans", progressive[:-2] + progressive[scan:-2] * 500 + b"\xff\xd9"
    webp = good()["webp"]
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2
    yield "webp 16777216x16777216", b"RIFF" + struct.pack("<I", len(webp) + 10) + b"WEBP" + canvas + webp[12:]
    yield "webp of a wrong length", webp[:4] + b"\xff\xff\xff\xff" + webp[8:]


def other_kinds():
    image = picture()
    for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000", "PDF", "EPS", "DDS"):
        try:
            yield kind.lower(), saved(image, kind)
        except (OSError, KeyError, ValueError):
            continue
    frames = [picture(size=(60, 60)).rotate(angle) for angle in (0, 90, 180)]
    yield "animated gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield "animated png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield "animated webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'
    yield "svg", svg
    yield "svg with a declaration", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg
    yield "svg packed", zlib.compress(svg)
    yield "psd", b"8BPS\0\1" + b"\0" * 200
    yield "heic", b"\0\0\0\x18ftypheic" + b"\0" * 200
    yield "avif", b"\0\0\0\x1cftypavif" + b"\0" * 200
    yield "html", b"<!doctype html><script>alert(document.cookie)</script>"
    yield "php", b"<?php system($_GET['c']); ?>"
    yield "zip", b"PK\3\4" + b"\0" * 200
    yield "elf", b"\x7fELF" + b"\0" * 200
    yield "text", "你好".encode() * 100
    yield "nothing", b""
    for size in (1, 2, 3, 4, 7, 8, 11, 12, 16):
        yield f"{size} zero bytes", b"\0" * size
    for kind, magic in [("png", b"\x89PNG\r\n\x1a\n"), ("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF\x10\0\0\0WEBP")]:
        yield f"only the beginning of a {kind}", magic
        yield f"the beginning of a {kind} and noise", magic + random.Random(1).randbytes(5000)


def polyglots():
    tails = {
        "html": b"<script>alert(1)</script>",
        "php": b"<?php phpinfo(); ?>",
        "zip": b"PK\3\4" + b"x" * 100 + b"PK\5\6" + b"\0" * 18,
        "javascript": b"*/=1;alert(1);/*",
    }
    for kind, file in good().items():
        for name, tail in tails.items():
            yield f"{kind} and {name} behind it", file + tail + MARK
    jpeg = good()["jpeg"]
    comment = b"\xff\xfe" + struct.pack(">H", len(MARK) + 30) + b"<?php phpinfo(); ?>".ljust(28) + MARK
    yield "jpeg with php in a comment", jpeg[:2] + comment + jpeg[2:]
    yield "gif that is a jpeg too", b"GIF89a/*" + jpeg
    yield "html before a png", b"<script>" + good()["png"]
    yield "bmp that is a script", b"BM=1;" + jpeg


def damaged():
    for kind, file in good().items():
        for part in range(1, 20):
            yield f"{kind} cut at {part}/20", file[: len(file) * part // 20]
        for seed in range(20):
            dice = random.Random(seed)
            broken = bytearray(file)
            for _ in range(dice.randrange(1, 12)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
            yield f"{kind} with wrong bytes {seed}", bytes(broken)


def telling():
    """Pictures that say where and by whom they were taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = MARK.decode(), "2026:01:01 00:00:00"
    exif[0x8298] = MARK.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>' + MARK + b"</rdf:RDF></x:xmpmeta>"
    profile = b"\0" * 128 + MARK
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARK.decode())
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    image = picture()
    yield "jpeg exif", saved(image, "JPEG", exif=exif)
    yield "jpeg xmp", saved(image, "JPEG", xmp=xmp)
    yield "jpeg icc", saved(image, "JPEG", icc_profile=profile)
    yield "jpeg comment", saved(image, "JPEG", comment=MARK)
    yield "jpeg everything", saved(image, "JPEG", exif=exif, xmp=xmp, icc_profile=profile, comment=MARK)
    yield "png text", saved(image, "PNG", pnginfo=text)
    yield "png exif", saved(image, "PNG", exif=exif)
    yield "png icc", saved(image, "PNG", icc_profile=profile)
    yield "webp exif", saved(image, "WEBP", exif=exif)
    yield "webp xmp", saved(image, "WEBP", xmp=xmp)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(MARK) + 5) + b"\x1c\x02\x5a\0\x1a" + MARK
    jpeg = saved(image, "JPEG")
    yield "jpeg iptc", jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + jpeg[2:]
    for turn in range(1, 9):
        turned = Image.Exif()
        turned[0x0112], turned[0x010F] = turn, MARK.decode()
        yield f"jpeg turned {turn}", saved(image, "JPEG", exif=turned)


def odd_but_fine():
    yield "cmyk jpeg", saved(picture("CMYK"), "JPEG")
    yield "grey jpeg", saved(picture("L"), "JPEG")
    yield "progressive jpeg", saved(picture(), "JPEG", progressive=True)
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        try:
            yield f"png {mode}", saved(picture(mode) if mode != "I;16" else picture("I").convert("I;16"), "PNG")
        except (OSError, ValueError):
            continue
    yield "png 16 bit", png(50, 50, depth=16)
    yield "png 16 bit with alpha", png(50, 50, depth=16, colour=6)
    yield "png 1x1", png(1, 1)
    yield "png 8192x1", png(8192, 1)
    yield "png 1x8192", png(1, 8192)
    yield "webp lossless", saved(picture("RGBA"), "WEBP", lossless=True)


def corpus():
    for group in (bombs, other_kinds, polyglots, damaged, telling, odd_but_fine):
        for name, file in group():
            yield group.__name__, name, file
