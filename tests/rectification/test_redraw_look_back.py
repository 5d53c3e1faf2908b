"""Anybody can draw a look-back again: bin/manage redraw_look_back says whether it is the same."""

import pytest
from django.core.management import CommandError, call_command

from rectification import drawing
from rectification.models import LookBack, LookBackItem, Measure
from tests.rectification.test_looking_back import closed_measures, draw


def test_the_command_draws_again_and_finds_the_same(cast, capsys):
    closed_measures(cast, 8)
    look_back = draw(cast, 3)

    call_command("redraw_look_back", "x25", "1")

    out = capsys.readouterr().out
    assert "重新抽取与记录一致" in out
    assert "c0ffee" in out
    assert all(item.measure.code in out for item in look_back.items.all())


def swapped_item(look_back):
    drawn = look_back.items.values("measure")
    other = Measure.objects.closed().exclude(pk__in=drawn).first()
    look_back.items.filter(order=1).update(measure=other)


def other_seed(look_back):
    LookBack.objects.update(seed="deadbeef")


def smaller_population(look_back):
    LookBack.objects.update(population=look_back.population[1:])


def everything_but_the_journal(look_back):
    """Seed and items changed together: row and items agree, the journal does not."""
    LookBack.objects.update(seed="deadbeef")
    look_back.items.all().delete()
    codes = drawing.draw(look_back.population, size=3, seed="deadbeef")
    for order, code in enumerate(codes, start=1):
        measure = Measure.objects.get(code=code)
        LookBackItem.objects.create(look_back=look_back, measure=measure, order=order)


@pytest.mark.parametrize(
    "tamper", [swapped_item, other_seed, smaller_population, everything_but_the_journal]
)
def test_the_command_finds_what_was_changed_since(cast, tamper):
    closed_measures(cast, 20)
    tamper(draw(cast, 3))

    with pytest.raises(CommandError) as refusal:
        call_command("redraw_look_back", "x25", "1")

    assert refusal.value.returncode == 1
    assert "不符" in str(refusal.value)


def test_the_command_says_which_look_back_it_did_not_find(cast):
    with pytest.raises(CommandError, match="没有找到"):
        call_command("redraw_look_back", "x25", "9")
