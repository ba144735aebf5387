"""The gate: what keeps a consolidation from being merged, and what does not."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory import Block
from tokenspace.memory.gate import Finding, findings
from tokenspace.memory.naming import essence

from .support import block

PROJECT = (
    "# Project\n"
    "- Deploys on Mondays at 09:00\n"
    "- Prices are kept in cents\n"
    "- Ada reviews every change to billing\n"
    "- The staging server listens on port 8080\n"
    "- Backups are kept for 30 days\n"
    "- Tests run with make check\n"
)


def blocks(*values: str, **fields: object) -> list[Block]:
    """Return blocks b0, b1 … with these texts."""
    return [
        block(value, uid=f"u{n}", label=f"b{n}", version=f"{hash(value):032x}", **fields)
        for n, value in enumerate(values)
    ]


def kinds(found: Sequence[Finding]) -> list[str]:
    """Return what was found, by kind."""
    return [finding.kind for finding in found]


def without(text: str, *words: str) -> str:
    """Return a text without the lines that have one of these words."""
    rows = text.splitlines(keepends=True)
    return "".join(row for row in rows if not any(word in row for word in words))


def test_what_was_not_changed_passes() -> None:
    """So do additions, another order, another place, and what was said twice."""
    before = blocks(PROJECT, "- Likes tea\n- Likes tea\n")
    rows = PROJECT.splitlines(keepends=True)
    moved = "".join([rows[0], *reversed(rows[2:])])
    now = blocks(moved + "- Uses tabs in Go code\n", "- Likes tea\n" + rows[1])
    assert findings(before, before) == []
    assert findings(before, now) == []


def test_an_entry_that_is_gone_is_found_with_its_place_and_facts() -> None:
    """One sentence: which, what is nowhere now, how to mend it."""
    before = blocks(PROJECT)
    (found,) = findings(before, blocks(without(PROJECT, "8080")))
    assert (found.kind, found.label) == ("lost", "b0")
    assert found.told.startswith("b0:5 '")
    assert "8080" in found.told
    assert "drop" in found.told


def test_an_entry_whose_number_changed_is_found() -> None:
    """Another hour is another fact, however like the line is."""
    now = blocks(PROJECT.replace("09:00", "11:30"))
    (found,) = findings(blocks(PROJECT), now)
    assert found.kind == "changed"
    assert "09:00" in found.told


def test_a_repeat_may_go_where_another_block_says_it_with_every_fact() -> None:
    """What stood elsewhere before only counts if it says the same."""
    before = blocks(
        PROJECT, "- The staging server listens on port 8080.\n- Port 80 is for the web\n"
    )
    now = blocks(without(PROJECT, "8080"), before[1].value)
    assert findings(before, now) == []
    lost = blocks(without(PROJECT, "Backups"), before[1].value)
    assert kinds(findings(before, lost)) == ["lost"]


def test_what_was_confirmed_or_is_named_may_go() -> None:
    """By its text, its beginning or its place; a beginning that says little names nothing."""
    before, now = blocks(PROJECT), blocks(without(PROJECT, "cents", "make"))
    gone = "Prices are kept in cents"
    other = "Tests run with make check"
    assert kinds(findings(before, now, confirmed={essence(gone)})) == ["lost"]
    assert findings(before, now, confirmed={essence(gone), essence(other)}) == []
    assert findings(before, now, drop=[f"- {gone}", "Tests run with"]) == []
    assert findings(before, now, drop=["b0:3", "b0:7"]) == []
    refused = findings(before, now, drop=["Prices", "b0:8", "*"])
    assert kinds(refused) == ["lost", "lost", "unknown", "unknown", "unknown"]
    assert "'Prices', which names nothing that is missing" in refused[2].told


def test_a_beginning_of_several_entries_names_none() -> None:
    """Or one name would let all of them go."""
    before = blocks("- The user likes tea\n- The user likes Rome\n- Has a cat\n")
    found = findings(before, blocks("- Has a cat\n"), drop=["The user likes"])
    assert kinds(found) == ["lost", "lost", "unknown"]


def test_what_a_block_is_for_goes_only_by_name() -> None:
    """Nor is a higher limit the way to grow."""
    (block,) = blocks("- Has a cat\n")
    described = [replace(block, description="pets")]
    elsewhere = [replace(block, uid="other", label="more")]
    assert kinds(findings(described, elsewhere)) == ["deleted"]
    assert findings(described, elsewhere, drop=[f"{block.label}:0"]) == []
    grown = replace(block, value="- Has a cat\n" + "x" * 200, chars=212, limit=9_999)
    assert kinds(findings([replace(block, limit=100)], [grown])) == ["long"]


def test_a_deleted_block_counts_in_full() -> None:
    """Unless what it said went elsewhere."""
    before = blocks("- Likes tea\n- Born on 3 May 1990\n", "")
    assert kinds(findings(before, before[1:])) == ["lost", "lost"]
    moved = blocks("", "- Likes tea; born on 3 May 1990\n")[1:]
    assert findings(before, moved) == []


def test_a_collapse_is_found_whatever_was_confirmed() -> None:
    """To confirm everything in advance is what a collapse looks like; naming each is a decision."""
    before, now = blocks(PROJECT), blocks("# Project\n- Deploys weekly\n")
    entries = [line.removeprefix("- ") for line in PROJECT.splitlines()[1:]]
    confirmed = {essence(entry) for entry in entries}
    (found,) = findings(before, now, confirmed=confirmed)
    assert found.kind == "collapse"
    assert "keeps 1 of 7" in found.told
    assert findings(before, now, drop=entries) == []


def test_a_read_only_block_is_left_alone_but_by_a_person() -> None:
    """Its text and what is said of it."""
    before = blocks("- Be kind\n", read_only=True)
    described = blocks("- Be kind\n", read_only=True, description="rules")
    added = blocks("- Be kind\n- Be quick\n", read_only=True)
    assert kinds(findings(before, described)) == ["read-only"]
    assert kinds(findings(before, added)) == ["read-only"]
    assert kinds(findings(before, [])) == ["read-only", "lost"]
    assert findings(before, added, by_hand=True) == []


def test_a_contradiction_that_the_branch_brings_is_found() -> None:
    """One that was there before is work left undone, and nothing that is lost."""
    old = "- The staging server listens on port 8080\n"
    new = "- The staging server listens on port 9090\n"
    (found,) = findings(blocks(old, ""), blocks(old, new))
    assert found.kind == "contradiction"
    assert "8080" in found.told
    assert "9090" in found.told
    assert findings(blocks(old, new), blocks(old, new)) == []
    assert findings(blocks(old, ""), blocks(old, new), decided=[found.name]) == []
    assert f"resolve={{{found.name!r}: 'both'}}" in found.told


def test_a_block_over_its_limit_is_found_unless_it_was_so_and_did_not_grow() -> None:
    """Shorter than before is better than before."""
    fruit = ["apples", "pears", "plums", "figs", "grapes", "melons", "cherries", "quinces"]
    long = "".join(f"- {name} are in season\n" for name in fruit)
    limited = {"limit": 100}
    assert kinds(findings(blocks("- a b\n", **limited), blocks(f"- a b\n{long}", **limited))) == [
        "long"
    ]
    assert findings(blocks(long, **limited), blocks(long, **limited)) == []
    grown = blocks(long + "- one more thing\n", **limited)
    assert kinds(findings(blocks(long, **limited), grown)) == ["long"]


def test_a_new_block_is_welcome() -> None:
    """And may take over what an old one said."""
    before = blocks(PROJECT, "")
    rules = "- Ada reviews every change to billing\n"
    now = blocks(without(PROJECT, "Ada"), "", rules)
    assert findings(before, now) == []


@given(st.lists(st.sampled_from(["stays", "moves", "goes"]), min_size=1, max_size=12))
def test_exactly_the_entries_that_went_are_missing(fates: list[str]) -> None:
    """Each has a number that stands nowhere else; some move to another block, some are gone."""
    things = ["cart", "lamp", "boat", "desk", "harp", "coat", "drum", "vase", "tent", "ring"]
    rows = [f"- {things[n % 10]} {n} weighs {1000 + n} kg\n" for n in range(len(fates))]
    by = {
        fate: [row for row, its in zip(rows, fates, strict=True) if its == fate]
        for fate in ("stays", "moves", "goes")
    }
    before = blocks("".join(rows), "- Likes tea\n")
    now = blocks("".join(by["stays"]), "".join(reversed(by["moves"])) + "- Likes tea\n")
    found = [one for one in findings(before, now) if one.kind in ("lost", "changed")]
    assert {f"- {one.entry}\n" for one in found} == set(by["goes"])
    assert findings(before, now, drop=[one.name for one in found]) == []
