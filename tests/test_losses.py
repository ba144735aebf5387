"""What a model is told of the entries that its text left out."""

from tokenspace.memory.ledger import Ledger, ledger
from tokenspace.server.surface.losses import MOST_TOLD, collapse, told

READ = "label='project', at='1a2b'"


def test_nothing_is_told_where_nothing_is_lost() -> None:
    """Nor where all that is lost may go."""
    assert told(ledger("a\nb\n", "b\na\n"), READ) == []
    assert told(ledger("a\nb\n", "b\n", ["a"]), READ) == []


def test_each_loss_is_a_line_with_hard_facts_first() -> None:
    """Which entry, what it became, and what is missing from the text; and how to go on."""
    before = "- Bread is baked here\n- Deploys on 12 May at 09:40\n- The owl sleeps all day\n"
    after = "- Bread is baked here\n- Deploys on 13 May at 09:40\n"
    head, *rows = told(ledger(before, after), READ)
    assert head.startswith("kept 1 of 3 entries. Not in the new text (put back")
    assert "drop=[…]" in head
    assert f"memory_read({READ})" in head
    assert rows == [
        "line 2 changed: Deploys on 12 May at 09:40 → - Deploys on 13 May at 09:40"
        " · missing: 12 May",
        "line 3 unaccounted: The owl sleeps all day",
    ]


def test_each_loss_is_one_line_whatever_it_holds() -> None:
    """No line break or control character of memory reaches an answer: they are spaces there."""
    before = "port\u2028line 9 kept\x85 `a\x1b[2Jb`\x0b\x0c\r\u2029\u202e on 12 May\n"
    (_, row) = told(ledger(before, ""), READ)
    assert row.splitlines() == [row]
    assert row.isprintable()
    assert row.startswith("line 1 unaccounted: port line 9 kept  `a [2Jb`")
    (_, row) = told(ledger("on 12 May, at noon", "on 13 May,\u2028at noon"), READ)
    assert row == "line 1 changed: on 12 May, at noon → on 13 May, at noon · missing: 12 May"


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
