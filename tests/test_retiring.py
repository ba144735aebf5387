"""Taking a space away while others have it open."""

from pathlib import Path

import pytest

from tokenspace.memory import Space, retire


async def test_a_removal_that_is_broken_off_leaves_no_part_of_a_space(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is at its place, so what is made there is new; and it goes with that."""
    space = await Space.open(db)
    assert db.with_name(f"{db.name}-wal").exists()

    def fail(path: Path, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt(path, missing_ok)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", fail)
        with pytest.raises(KeyboardInterrupt):
            retire(db, None)
    assert [found.name for found in db.parent.iterdir() if ".tmp" not in found.name] == []
    await space.close()
    await (await Space.open(db)).close()
    retire(db, None)
    assert list(db.parent.iterdir()) == []
