"""Hostile pictures: each is refused with a typed answer, or what is kept of it is clean."""

import io
import unittest

from PIL import Image

import pictures
from house import House

MEMORY_MORE_MAX = 300 << 20
# A browser's claims about a file, which must not count.
CLAIMS = [("photo.png", "image/png"), ("photo.svg", "image/svg+xml"), ("../../x.php", "text/html"), ("", "image/jpeg")]


class Uploads(unittest.TestCase):
    def test_a_corpus_of_hostile_pictures(self):
        with House() as house:
            seller = house.seller("li@example.com")
            self.assertEqual(seller.upload(pictures.good()["jpeg"])[0], 201)
            before = house.peak_memory()
            counts, tried = {}, 0
            for group, name, file in pictures.corpus():
                claimed, mime = CLAIMS[tried % len(CLAIMS)]
                with self.subTest(name):
                    status, answer = seller.upload(file, name=claimed, mime=mime)
                    self.assertIn(status, (201, 400, 413, 415, 422), answer)
                    if status == 201:
                        self.look_at(house, answer)
                        self.assertNotRegex(name, r"^(png|jpeg|webp)( .*)? \d{4,}x\d+|x\d{4,}$" if group == "bombs" else "^$")
                    else:
                        self.assertRegex(answer["error"]["code"], "^[A-Z_]+$")
                        self.assertTrue(answer["error"]["message"])
                    if group in ("telling", "odd_but_fine"):
                        self.assertIn(status, (201, 415, 422), f"{name}: {answer}")
                    counts[(group, status)] = counts.get((group, status), 0) + 1
                tried += 1
            more = house.peak_memory() - before
            print(f"    {tried} pictures; the server's peak memory grew by {more >> 20} MiB; {counts}", flush=True)
            self.assertGreaterEqual(tried, 200)
            self.assertLess(more, MEMORY_MORE_MAX)
            self.assertEqual(house.request("GET", "/healthz")[0], 200)

    def look_at(self, house, answer):
        with house.database() as database:
            key, = database.execute("SELECT object_key FROM uploads WHERE id = ?", (answer["id"],)).fetchone()
        kept = (house.folder / "data" / key).read_bytes()
        self.assertNotIn(pictures.MARK, kept)
        for trace in (b"<?php", b"<script", b"xmpmeta", b"Exif\0\0", b"Photoshop", b"PK\3\4", b"MM\0*", b"II*\0"):
            self.assertNotIn(trace, kept)
        image = Image.open(io.BytesIO(kept))
        image.load()
        self.assertEqual((image.width, image.height), (answer["width"], answer["height"]))
        self.assertFalse(dict(image.getexif()))
        self.assertEqual(getattr(image, "n_frames", 1), 1)

    def test_forms_that_are_none(self):
        with House() as house:
            seller = house.seller("li@example.com")
            good = pictures.good()["png"]
            for body, headers in [
                (good, {"content-type": "image/png"}),
                (good, {"content-type": "multipart/form-data"}),
                (good, {"content-type": "multipart/form-data; boundary=x"}),
                (b"--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}),
                (b"", {"content-type": "multipart/form-data; boundary=" + "x" * 500}),
                (b"{}", {"content-type": "application/json"}),
                (b"file=x", {"content-type": "application/x-www-form-urlencoded"}),
            ]:
                status, _, answer = house.request("POST", "/uploads", body, headers, seller.token)
                self.assertIn(status, (400, 415, 422), (headers, answer))
            self.assertEqual(house.request("POST", "/uploads", b"", {}, None)[0], 401)

    def test_a_file_that_is_too_large_is_not_read_to_its_end(self):
        with House(LIMITS__UPLOAD_BYTES_MAX=str(1 << 20)) as house:
            seller = house.seller("li@example.com")
            before = house.peak_memory()
            try:
                status, answer = seller.upload(b"\x89PNG\r\n\x1a\n" + b"\0" * (50 << 20))
                self.assertEqual(status, 413, answer)
            except (BrokenPipeError, ConnectionResetError, OSError) as closed:
                print(f"    the server closed the connection while 50 MB were on their way: {closed}", flush=True)
            self.assertLess(house.peak_memory() - before, 16 << 20)
            self.assertEqual(house.request("GET", "/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main()
