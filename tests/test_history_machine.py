"""Whatever is done to branches in whatever order: a history is a graph of states that stay."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tokenspace.memory import Draft, Space, Written
from tokenspace.memory.conflicts import MergeConflictError
from tokenspace.memory.errors import InvalidError, NotFoundError
from tokenspace.memory.model import MAIN

from .history_model import Held, Model, OpenedFile, State, by_label, differing, held, on, steps
from .support import BY, refusal, texts

LABELS = st.sampled_from(["a", "A", "b", "c/d", "human"])
DATA = st.data()


class Branches(RuleBasedStateMachine):
    """Edit, branch, merge, restore, revert, name, close, reopen: the model is a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = OpenedFile()
        self.made = 0
        self.model = Model(held(self.run(self.space.context()).blocks))

    @initialize()
    def begin(self) -> None:
        """Some text, and two branches that have it."""
        for uid, block in self.model.state(MAIN).items():
            call = self.space.rethink(block.label, "a\nb\nc\nd\n", BY)
            self.edited(MAIN, uid, block, "a\nb\nc\nd\n", call)
        for name in ("one", "two"):
            self.run(self.space.history.make_branch(BY, name))
            self.model.heads[name] = self.model.heads[MAIN]

    @property
    def space(self) -> Space:  # noqa: D102
        return self.opened.space

    def run(self, call: Coroutine[Any, Any, Any]) -> Any:  # noqa: D102
        return self.opened.runner.run(call)

    def branch(self, data: st.DataObject) -> str:
        """Return any open branch."""
        return data.draw(st.sampled_from(sorted(self.model.heads)), label="branch")

    def place(self, data: st.DataObject) -> tuple[str, int]:
        """Return any name of a place, and its change."""
        return data.draw(st.sampled_from(list(self.model.places().items())), label="place")

    def block(self, data: st.DataObject, branch: str) -> tuple[str, Held] | None:
        """Return any block of a branch."""
        blocks = list(self.model.state(branch).items())
        return data.draw(st.sampled_from(blocks), label="block") if blocks else None

    def done(
        self, written: Written, branch: str, state: State, merged: int | None = None
    ) -> str | None:
        """Note a write after which a branch shall be `state`; return its automatic checkpoint."""
        changes = merged is not None or state != self.model.state(branch)
        assert (written.change is not None) == changes
        if written.change is not None:
            before, change = self.model.heads[branch], written.change
            found = (change.branch, change.number, change.parent, change.merged)
            assert found == (branch, self.model.commit(branch, state, merged), before, merged)
        assert (written.point.branch, written.point.change) == (branch, self.model.heads[branch])
        return written.checkpoint

    def checked(self, what: str, branch: str, before: int, name: str | None) -> None:
        """Look for the checkpoint that was made of what stood before."""
        number = self.model.heads[branch]
        assert name == (f"before-{what}-{number}" if number != before else None)
        if name is not None:
            self.model.names[name] = before

    @rule(data=DATA, value=texts())
    def rethink(self, data: st.DataObject, value: str) -> None:
        """Rewrite a block."""
        branch = self.branch(data)
        if found := self.block(data, branch):
            call = self.space.rethink(found[1].label, value, on(branch))
            self.edited(branch, *found, value, call)

    @rule(data=DATA, line=st.sampled_from(["a", "new", "other"]))
    def insert(self, data: st.DataObject, line: str) -> None:
        """Add a line on top of a block."""
        branch = self.branch(data)
        if found := self.block(data, branch):
            old = found[1].value
            call = self.space.insert(found[1].label, line, 0, on(branch))
            self.edited(branch, *found, f"{line}\n{old}" if old else line, call)

    @rule(data=DATA)
    def replace(self, data: st.DataObject) -> None:
        """Replace a line that a block has once."""
        branch = self.branch(data)
        if found := self.block(data, branch):
            value = found[1].value
            line = next((f"{x}\n" for x in ("a", "b", "new") if value.count(f"{x}\n") == 1), None)
            if line is not None:
                call = self.space.replace(found[1].label, line, "more\n", on(branch))
                self.edited(branch, *found, value.replace(line, "more\n"), call)

    def edited(
        self, branch: str, uid: str, block: Held, value: str, call: Coroutine[Any, Any, Written]
    ) -> None:
        """Make an edit after which a block shall have a text."""
        state = {**self.model.state(branch), uid: replace(block, value=value)}
        self.done(self.run(call), branch, state)

    @rule(data=DATA, label=LABELS, value=texts(), how=st.booleans())
    def create(self, data: st.DataObject, label: str, value: str, how: bool) -> None:
        """A block that there is not yet on this branch."""
        branch = self.branch(data)
        now = self.model.state(branch)
        if by_label(now, label) is not None:
            return
        draft = Draft(uid=None, label=label, value=value, description="made")
        by = on(branch)
        call = self.space.create(draft, by) if how else self.space.rethink(label, value, by)
        written: Written = self.run(call)
        assert written.change is not None
        made = {written.change.blocks[0].uid: Held(label, value, "made" if how else "")}
        assert not any(made.keys() & commit.state.keys() for commit in self.model.commits.values())
        self.done(written, branch, {**now, **made})

    @rule(data=DATA, label=LABELS, description=st.sampled_from(["", "what it is", "other"]))
    def say(self, data: st.DataObject, label: str, description: str) -> None:
        """Describe a block, and give it a label that is free."""
        branch = self.branch(data)
        if not (found := self.block(data, branch)):
            return
        uid, block = found[0], replace(found[1], description=description)
        call = self.space.describe(block.label, on(branch), description=description)
        self.done(self.run(call), branch, {**self.model.state(branch), uid: block})
        if by_label(self.model.state(branch), label) in (None, uid):
            call = self.space.rename(block.label, label, on(branch))
            state = {**self.model.state(branch), uid: replace(block, label=label)}
            self.done(self.run(call), branch, state)

    @rule(data=DATA)
    def delete(self, data: st.DataObject) -> None:
        """It is gone from this branch only."""
        branch = self.branch(data)
        if found := self.block(data, branch):
            state = {u: h for u, h in self.model.state(branch).items() if u != found[0]}
            self.done(self.run(self.space.delete(found[1].label, on(branch))), branch, state)

    @precondition(lambda self: len(self.model.heads) < 5)
    @rule(data=DATA, now=st.booleans())
    def make_branch(self, data: st.DataObject, now: bool) -> None:
        """From what a branch has, or from any place."""
        branch = self.branch(data)
        place, number = self.place(data)
        if now:
            number = self.model.heads[branch]
        self.made += 1
        name, start = f"branch-{self.made}", None if now else place
        made = self.run(self.space.history.make_branch(on(branch), name, start))
        assert (made.name, made.head) == (name, number)
        self.model.heads[name] = number

    @rule(data=DATA)
    def close_branch(self, data: st.DataObject) -> None:
        """What was done on it stays readable: its changes are places still."""
        branch = self.branch(data)
        if branch != MAIN:
            self.run(self.space.history.delete_branch(branch))
            del self.model.heads[branch]

    @rule(data=DATA)
    def checkpoint(self, data: st.DataObject) -> None:
        """A name for any place."""
        place, number = self.place(data)
        name = f"k-{len(self.model.names)}"
        made = self.run(self.space.history.checkpoint(BY, name, "why", place))
        assert (made.point.change, made.blocks) == (number, len(self.model.commits[number].state))
        self.model.names[name] = number

    @rule(data=DATA, label=LABELS, how=st.sampled_from(["all", "one", "revert"]))
    def go_back(self, data: st.DataObject, label: str, how: str) -> None:
        """To any place, with all blocks or with one; or behind the newest change."""
        branch = self.branch(data)
        before = self.model.heads[branch]
        place, number = self.place(data)
        if how == "all":  # what stood has a name then
            done = self.run(self.space.history.restore(on(branch), place))
            made = self.done(done, branch, self.model.commits[number].state)
            self.checked("restore", branch, before, made)
        elif how == "revert":  # nothing came after to be in the way
            done = self.run(self.space.history.revert(on(branch), before))
            self.done(done, branch, self.model.before(before))
        else:  # under the label that it has now
            state = self.model.restored(branch, label, number)
            call = self.space.history.restore(on(branch), place, label)
            if state is not None:
                assert self.done(self.run(call), branch, state) is None
            else:
                assert isinstance(self.run(refusal(call)), NotFoundError)
        self.model.went_back(branch)

    @rule(data=DATA, side=st.sampled_from(["ours", "theirs", "both"]), most=st.integers(1, 3))
    def merge(self, data: st.DataObject, side: str, most: int) -> None:
        """A branch takes in others."""
        into, *sources = data.draw(st.permutations(sorted(self.model.heads)), label="merge")
        for source in sources[:most]:
            self.merge_one(into, source, side)

    def merge_one(self, into: str, source: str, side: str) -> None:
        """What one side did stands; where both did something, it is a conflict or both is in."""
        theirs, before = self.model.heads[source], self.model.heads[into]
        merge = self.space.history.merge
        untold = (self.model.past(before) | self.model.past(theirs)) & self.model.undone
        if theirs in self.model.past(before) and not untold:
            self.done(self.run(merge(on(into), source)), into, self.model.state(into))
            return
        expected, unknown = self.model.merged(into, source)
        try:
            written = self.run(merge(on(into), source))
        except MergeConflictError:
            assert unknown or untold
            self.equals_the_model()
            try:
                written = self.run(merge(on(into), source, {"*": side}))
            except InvalidError:
                return  # two blocks would have one label, and neither can stand in for the other
        found = held(self.run(self.space.context(branch=into)).blocks)
        assert untold or self.model.agrees(found, expected, unknown)
        name = self.done(written, into, found, written.change and theirs)
        self.checked("merge", into, before, name)

    @rule()
    def reopen(self) -> None:
        """Nothing that is answered depends on what is in memory."""
        self.opened.reopen()

    @rule(data=DATA)
    def look_back(self, data: st.DataObject) -> None:
        """Every past of every branch, a closed one too, is as it was."""
        place, number = self.place(data)
        context = self.run(self.space.context(place))
        assert context.point.change == number
        assert held(context.blocks) == self.model.commits[number].state
        branch, limit = self.branch(data), data.draw(st.integers(1, 40))
        page = self.run(self.space.changes(before=number, limit=limit, branch=branch))
        older = [n for n in self.model.log(branch) if n < number]
        assert [change.number for change in page] == older[:limit]

    @rule(data=DATA)
    def compare(self, data: st.DataObject) -> None:
        """Exactly the blocks that differ are listed, and the diff leads from one to the other."""
        (start, one), (end, other) = self.place(data), self.place(data)
        before, after = self.model.commits[one].state, self.model.commits[other].state
        found = self.run(self.space.history.compare(start, end))
        assert (found.before.change, found.after.change) == (one, other)
        assert steps(found.steps) == differing(before, after)
        found = self.run(self.space.history.compare(end=end))
        assert steps(found.steps) == differing(self.model.before(other), after)

    @invariant()
    def equals_the_model(self) -> None:
        """Every open branch has what it shall have, and no other is listed."""
        for branch, number in self.model.heads.items():
            context = self.run(self.space.context(branch=branch))
            assert held(context.blocks) == self.model.state(branch)
            assert context.point.change == number
        listed = self.run(self.space.history.branches())
        assert {b.name: b.head for b in listed} == self.model.heads
        names = {k.name: k.point.change for k in self.run(self.space.history.checkpoints())}
        assert names == self.model.names

    def teardown(self) -> None:
        """The file is whole."""
        assert self.opened.findings() == ()
        self.opened.close()


def test_a_history_is_a_graph_of_states_that_stay() -> None:
    """Any sequence of edits, branches, merges and ways back equals the model."""
    run_state_machine_as_test(Branches, settings=settings(max_examples=8, stateful_step_count=30))


@pytest.mark.slow
def test_a_long_history_is_a_graph_of_states_that_stay() -> None:
    """The same in 50 histories of up to 60 steps: about 2,500 steps in all."""
    run_state_machine_as_test(Branches, settings=settings(max_examples=50, stateful_step_count=60))
