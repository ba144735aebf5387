"""What one client's files are to others, and where else a client has tokenspace already."""

from collections.abc import Collection
from dataclasses import replace

from ..doctor.configured import LOCAL, PLUGIN, Entry, configured
from .clients import BY_NAME, CLIENTS, Client
from .entries import PROJECT, is_mine
from .places import Places
from .planning import ABSENT, REMOVED, UNCHANGED, Plan
from .program import NAME


def with_others(plan: Plan, places: Places, named: Collection[str], *, force: bool) -> Plan:
    """Return a plan with the clients whom a removal concerns besides, and the rules left to them.

    Args:
        plan: What would be done to an entry or to rules.
        places: Where the files of clients lie.
        named: The clients that the person has named: they lose it on purpose.
        force: Rules go although others read them.
    """
    if plan.action != REMOVED:
        return plan
    others = [client for client in CLIENTS if client.name not in named]
    if plan.what == "entry":
        readers = [one for one in others if plan.path in places.files(one, plan.scope)]
        return replace(plan, others=tuple(readers))
    going = {places.file(BY_NAME[name], plan.scope) for name in named}
    readers = [
        one
        for one in others
        if places.rules(one, plan.scope) == plan.path
        and any(entry.path not in going for entry in _entries(one, plan.scope, places))
    ]
    if force or not readers:
        return plan
    return replace(plan, after=plan.before, action=UNCHANGED, backup=None, others=tuple(readers))


def told(plan: Plan, places: Places, *, dry_run: bool) -> list[str]:
    """Return what a person is told of the other clients."""
    if not plan.others:
        return []
    titles = " and ".join(client.title for client in plan.others)
    reads = "reads" if len(plan.others) == 1 else "read"
    if plan.what == "rules":
        return [f"left for {titles}, which {reads} them too; --force takes them out"]
    lost = "would lose it" if dry_run else "has lost it" if reads == "reads" else "have lost it"
    return [f"{titles} {reads} {places.shown(plan.path)} too, and {lost}"]


def twins(plan: Plan, places: Places) -> list[str]:
    """Return where else this client has tokenspace: the same memory twice, under two names."""
    if plan.what != "entry" or plan.action in (ABSENT, REMOVED):
        return []
    found = configured(plan.client, places).entries
    return list(dict.fromkeys(_twin(plan, one, places) for one in found if _is_twin(plan, one)))


def _is_twin(plan: Plan, found: Entry) -> bool:
    same = (found.path, found.name, found.scope) == (plan.path, plan.name, plan.scope)
    return not same and (found.scope == PLUGIN or is_mine(found.value, found.name))


def _twin(plan: Plan, found: Entry, places: Places) -> str:
    shown = places.shown(found.path)
    if found.scope == LOCAL:
        return f"{found.name} in {shown}, for this project"
    if found.scope != PLUGIN:
        return f"{found.name} in {shown}"
    words = ["tokenspace", "install", plan.client.name, "--uninstall"]
    words += ["--scope", PROJECT] if plan.scope == PROJECT else []
    words += ["--name", plan.name] if plan.name != NAME else []
    return (
        f"{found.name}, a plugin, in {shown}; the plugin takes the place of the entry: "
        f"`{' '.join(words)}`"
    )


def _entries(client: Client, scope: str, places: Places) -> list[Entry]:
    found = configured(client, places).entries
    return [one for one in found if one.scope == scope and is_mine(one.value, one.name)]
