"""Nothing tells whether an address has an account: neither words nor time."""

import math
import os
import random
import unittest

from house import House

# Of each kind. The full size takes minutes: HAIBAO_TEST_FULL=1.
SENDS = 1000 if os.environ.get("HAIBAO_TEST_FULL") else 150
# One set of measurements in a hundred falls below this by chance alone; three in a row, one in a million.
P_MIN, ROUNDS = 0.01, 3


def mann_whitney_p(first, second):
    """How likely two samples differ in rank as much as these by chance (two-sided, normal approximation)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks_of_first, place = 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        mean_rank = (place + end + 1) / 2
        ranks_of_first += mean_rank * sum(1 for _, sample in ranked[place:end] if sample == 0)
        place = end
    n, m = len(first), len(second)
    u = ranks_of_first - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


class Enumeration(unittest.TestCase):
    def test_the_judge_sees_differences(self):
        dice = random.Random(1)
        same = [[dice.gauss(10, 1) for _ in range(SENDS)] for _ in range(2)]
        self.assertGreater(mann_whitney_p(*same), P_MIN)
        slower = [value + 0.5 for value in same[1]]
        self.assertLess(mann_whitney_p(same[0], slower), P_MIN)

    def test_known_and_unknown_addresses_are_answered_alike(self):
        with House() as house:
            for number in range(ROUNDS):
                known = [f"known{number}-{place}@example.com" for place in range(SENDS)]
                with house.database() as database:
                    database.executemany("INSERT INTO users (email) VALUES (?)", [(address,) for address in known])
                times = self.times(house, known, [f"other{number}-{place}@example.com" for place in range(SENDS)])
                p = mann_whitney_p(*times)
                print(f"    {SENDS} known and {SENDS} unknown addresses: p = {p:.3f}", flush=True)
                if p > P_MIN:
                    return
        self.fail("the time of the answer tells who has an account")

    def times(self, house, known, unknown):
        sends = [(address, 0) for address in known] + [(address, 1) for address in unknown]
        random.Random(7).shuffle(sends)
        times, shapes = ([], []), set()
        for address, kind in sends:
            sent, took = house.send_code(address)
            times[kind].append(took)
            shapes.add((sent["__typename"], len(sent["challengeId"]), tuple(sorted(sent))))
        self.assertEqual(len(shapes), 1, shapes)
        return times


if __name__ == "__main__":
    unittest.main()
