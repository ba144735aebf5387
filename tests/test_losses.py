"""What a model is told of the entries that its text left out."""

from tokenspace.memory.ledger import Ledger, ledger
from tokenspace.server.surface.losses import MOST_TOLD, collapse, told

READ = "label='project', at='1a2b'"


def test_nothing_is_told_where_nothing_is_lost() -> None:
    """Nor where all that is lost may go."""
    assert told(ledger("a\nb\n", "b\na\n"), READ) == []
    assert told(ledger("a\nb\n", "b\n", ["a"]), READ) == []


def test_each_loss_is_a_line_with_hard_facts_first() -> None:
    """Which entry, what it became, and what is nowhere now; and how to go on."""
    before = "- Bread is baked here\n- Deploys on 12 May at 09:40\n- The owl sleeps all day\n"
    after = "- Bread is baked here\n- Deploys on 13 May at 09:40\n"
    head, *rows = told(ledger(before, after), READ)
    assert head.startswith("kept 1 of 3 entries. Not in the new text (put back")
    assert "drop=[…]" in head
    assert f"memory_read({READ})" in head
    assert rows == [
        "line 2 changed: Deploys on 12 May at 09:40 → - Deploys on 13 May at 09:40"
        " · nowhere now: 12 May",
        "line 3 unaccounted: The owl sleeps all day",
    ]


def test_a_collapse_is_a_sentence_of_its_own() -> None:
    """It stands before everything else that an answer says."""
    found = ledger("one\ntwo\nthree\nfour\nfive\nsix\n", "one")
    assert collapse(found) == "collapse: 1 of 6 entries are left"


def test_long_losses_and_many_are_cut() -> None:
    """The answer stays short, whatever was lost."""
    rows = [f"{n} {'word ' * 100}" for n in range(1000, 1030)]
    lines = told(ledger("\n".join(rows), ""), READ)
    assert len(lines) == MOST_TOLD + 2
    assert lines[-1] == "… and 10 more"
    assert max(map(len, lines[1:])) < 260
    many = told(ledger(" ".join(map(str, range(100, 120))), ""), READ)
    assert many[-1].endswith("107 and 12 more")
    assert told(Ledger(()), READ) == []
