"""Whatever is done in whatever order: a space is a dictionary of texts that forgets nothing."""

from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tokenspace.memory import Draft, Written
from tokenspace.memory.errors import ExistsError, NotFoundError, TokenspaceError
from tokenspace.memory.model import label_key

from .support import BY, Opened, refusal, texts

LABELS = st.sampled_from(["a", "A", "a/b", "b", "straße", "STRASSE"])
Model = dict[str, tuple[str, str]]
"""Label and text of each block, by the key of its label."""


class Blocks(RuleBasedStateMachine):
    """Create, edit, rename, delete, reopen: the model is a dictionary, and a list of its pasts."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = Opened()
        self.model: Model = {label: (label, "") for label in ("human", "persona", "project")}
        self.pasts: list[Model] = [dict(self.model)]

    def do(self, call: Coroutine[Any, Any, Written], model: Model) -> None:
        """Make a write; the model is what shall be after it."""
        done = self.opened.runner.run(call)
        assert (done.change is None) == (model == self.model)
        self.model = model
        if done.change is not None:
            self.pasts.append(dict(model))

    def refused(self, call: Coroutine[Any, Any, object]) -> TokenspaceError:
        """Return the refusal of a write."""
        return self.opened.runner.run(refusal(call))

    @rule(label=LABELS, value=texts())
    def create(self, label: str, value: str) -> None:
        """A label that is taken is refused, unless the very same block is there."""
        key = label_key(label)
        draft = Draft(uid=None, label=label, value=value)
        now = self.model.get(key, (label, value))
        if now[1] != value:
            assert isinstance(self.refused(self.opened.space.create(draft, BY)), ExistsError)
        else:
            self.do(self.opened.space.create(draft, BY), {**self.model, key: now})

    @rule(label=LABELS, value=texts())
    def rethink(self, label: str, value: str) -> None:
        """A missing block is made."""
        key = label_key(label)
        old_label, _ = self.model.get(key, (label, ""))
        self.do(
            self.opened.space.rethink(label, value, BY), {**self.model, key: (old_label, value)}
        )

    @rule(label=LABELS)
    def append(self, label: str) -> None:
        """One line more at the end."""
        key = label_key(label)
        call = self.opened.space.insert(label, "more", -1, BY)
        if key not in self.model:
            assert isinstance(self.refused(call), NotFoundError)
            return
        old_label, old = self.model[key]
        ended = old.endswith("\n")
        value = f"{old}more\n" if ended else f"{old}\nmore" if old else "more"
        self.do(call, {**self.model, key: (old_label, value)})

    @rule(label=LABELS)
    def delete(self, label: str) -> None:
        """What is gone is gone, and can be deleted once more."""
        call = self.opened.space.delete(label, BY)
        model = {key: held for key, held in self.model.items() if key != label_key(label)}
        if model == self.model and not self.was_deleted(label):
            assert isinstance(self.refused(call), NotFoundError)
        else:
            self.do(call, model)

    def was_deleted(self, label: str) -> bool:
        """Tell whether a label was last that of a block when it was deleted."""
        try:
            found = self.opened.runner.run(self.opened.space.changes(label, limit=1))
        except NotFoundError:
            return False
        return any(
            touched.action == "deleted" and label_key(touched.label) == label_key(label)
            for change in found
            for touched in change.blocks
        )

    @rule(label=LABELS, new_label=LABELS)
    def rename(self, label: str, new_label: str) -> None:
        """To a free label; the text goes with it."""
        key, new_key = label_key(label), label_key(new_label)
        call = self.opened.space.rename(label, new_label, BY)
        if key in self.model and (new_key == key or new_key not in self.model):
            model = {k: held for k, held in self.model.items() if k != key}
            self.do(call, {**model, new_key: (new_label, self.model[key][1])})
        elif key in self.model:
            assert isinstance(self.refused(call), ExistsError)
        elif new_key in self.model and self.same_block(label, new_label):
            self.do(call, self.model)
        else:
            assert isinstance(self.refused(call), NotFoundError)

    def same_block(self, label: str, new_label: str) -> bool:
        """Tell whether two labels have led to one block."""
        space, run = self.opened.space, self.opened.runner.run
        try:
            old = {t.uid for c in run(space.changes(label, limit=1)) for t in c.blocks}
        except NotFoundError:
            return False
        return old == {t.uid for c in run(space.changes(new_label, limit=1)) for t in c.blocks}

    @rule()
    def reopen(self) -> None:
        """Nothing that was answered depends on what is in memory."""
        self.opened.reopen()

    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        """Every past is as it was."""
        at = data.draw(st.integers(1, len(self.pasts)))
        context = self.opened.runner.run(self.opened.space.context(str(at)))
        assert {(b.label, b.value) for b in context.blocks} == set(self.pasts[at - 1].values())

    @invariant()
    def equals_the_model(self) -> None:
        """The blocks, each in its place, and the number of changes."""
        context = self.opened.runner.run(self.opened.space.context())
        assert {(b.label, b.value) for b in context.blocks} == set(self.model.values())
        assert context.point.change == len(self.pasts)

    def teardown(self) -> None:
        """Close the file."""
        self.opened.close()


def test_a_space_is_a_dictionary_of_texts_that_forgets_nothing() -> None:
    """Any sequence of operations, a reopening among them, equals the model."""
    run_state_machine_as_test(Blocks, settings=settings(max_examples=10, stateful_step_count=25))
