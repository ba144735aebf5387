"""A patch over several blocks as one change: all of it lands, or nothing."""

from dataclasses import replace

from .compare import base_of, merged_text, moved_on
from .errors import ExistsError, InvalidError, NoMatchError
from .model import Block, Draft, label_key, normal_label
from .patch import Section, apply
from .transact import Write, Written, draft_of
from .writing import attempt, gone, renamed


def patch(write: Write, sections: list[Section]) -> Written:
    """Apply a patch over several blocks: all of it, or nothing."""
    keys = [label_key(section.label) for section in sections]
    twice = next(
        (s.label for s, key in zip(sections, keys, strict=True) if keys.count(key) > 1), ""
    )
    if twice:
        raise InvalidError(f"the patch names block {twice} twice; put its hunks into one section.")
    pairs: list[tuple[Block | None, Draft]] = []
    rebased = False
    for section in sections:
        if section.action == "delete" and gone(write, section.label):
            continue
        before, draft, moved = _patched(write, section)
        pairs.append((before, draft))
        rebased = rebased or moved
    return write.record(pairs, rebased=rebased)


def _patched(write: Write, section: Section) -> tuple[Block | None, Draft, bool]:
    """Return a block before and after one section, and whether others had changed it."""
    if section.action == "add":
        value = apply("", section)
        current = write.tx.block(write.branch, normal_label(section.label))
        if current is not None and current.value != value:
            raise ExistsError(
                f"the patch adds block {current.label}, which exists; use '*** Update Block'."
            )
        made = Draft(uid=None, label=section.label, value=value)
        return (current, draft_of(current), False) if current else (None, made, False)
    done = renamed(write, section.label, section.new_label) if section.new_label else None
    current = write.writable(done or write.require(section.label))
    base = base_of(write.tx, write.branch, current, section.version)
    moved = base.version != current.version
    draft = draft_of(current)
    if section.action == "delete":
        if moved:
            raise moved_on(base, current, "read it again before you delete it.")
        return current, replace(draft, value=None), False
    label = normal_label(section.new_label) if section.new_label else current.label

    def change(text: str) -> str:
        return apply(text, section)

    try:
        value = merged_text(base, current, change)
    except NoMatchError:
        previous = write.previous(current)
        if previous is None or attempt(change, previous.value) != current.value:
            raise
        value = current.value
    return current, replace(draft, value=value, label=label), moved
