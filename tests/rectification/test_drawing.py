"""The draw is fair, anybody can repeat it, and nothing but the seed decides it."""

import random
from collections import Counter

import pytest

from rectification import drawing

CODES = [f"M-{problem:03}-{measure}" for problem in range(1, 11) for measure in range(1, 5)]


def test_the_same_seed_draws_the_same_sample_in_whatever_order_the_codes_come():
    first = drawing.draw(CODES, size=9, seed="a1b2")
    shuffled = random.sample(CODES, len(CODES))

    assert drawing.draw(shuffled, size=9, seed="a1b2") == first
    assert drawing.draw([*shuffled, *CODES], size=9, seed="a1b2") == first
    assert drawing.digest(shuffled) == drawing.digest(CODES)


def test_another_seed_draws_another_sample():
    assert drawing.draw(CODES, size=9, seed="a1b2") != drawing.draw(CODES, size=9, seed="a1b3")


def test_a_draw_of_all_is_all_of_them_once():
    drawn = drawing.draw(CODES, size=len(CODES), seed="x")

    assert sorted(drawn) == sorted(CODES)


def test_a_larger_sample_holds_the_smaller_one():
    assert drawing.draw(CODES, size=12, seed="x")[:5] == drawing.draw(CODES, size=5, seed="x")


def test_the_rule_that_the_page_shows_can_be_followed_by_hand():
    """sha256sum of "seed" + code, as anybody can compute it; this is what is on record."""
    assert drawing.draw(["M-1", "M-2", "M-3"], size=3, seed="2025") == ("M-1", "M-3", "M-2")


@pytest.mark.parametrize(("size", "seed"), [(0, "x"), (-1, "x"), (1, "")])
def test_a_draw_of_nothing_or_without_a_seed_is_refused(size, seed):
    with pytest.raises(ValueError, match="at least one"):
        drawing.draw(CODES, size=size, seed=seed)


def test_every_code_is_drawn_equally_often():
    """4,000 fixed seeds, 10 of 40: chi-square with 39 degrees of freedom, 99.9 % below 72.06."""
    draws, size = 4000, 10
    counts = Counter(
        code
        for number in range(draws)
        for code in drawing.draw(CODES, size=size, seed=f"s{number}")
    )
    expected = draws * size / len(CODES)

    # A sample without replacement varies less than independent throws: by (40 - 10) / (40 - 1).
    chi_square = sum((counts[code] - expected) ** 2 / expected for code in CODES)
    assert chi_square / (30 / 39) < 72.06


def test_every_code_stands_equally_often_in_every_place():
    """Of 3 codes, 6 orders: 6,000 fixed seeds, 5 degrees of freedom, 99.9 % below 20.52."""
    orders = Counter(drawing.draw(CODES[:3], size=3, seed=f"t{number}") for number in range(6000))

    assert len(orders) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in orders.values()) < 20.52


def test_a_draw_that_favours_somebody_would_be_found_out():
    """The first ten by code, whatever the seed: what the bound above is there to refuse."""
    counts = Counter(code for _ in range(4000) for code in sorted(CODES)[:10])

    assert sum((counts[code] - 1000) ** 2 / 1000 for code in CODES) > 72.06
