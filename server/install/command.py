"""`tokenspace install`: plug tokenspace into clients, take it out, or see which are here."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...config.settings import CHOICES, Settings, SettingsError, token
from ...memory.nearest import nearest_label
from ..call import RefusedError, WrongUseError
from ..remote.target import find, whole
from ..terminal import Output, plural, printable
from . import answers
from .changing import to_add, to_remove
from .clients import BY_NAME, CLIENTS, Client
from .entries import PROJECT, USER, Wishes
from .files import save_token
from .places import Places, places, project_of
from .planning import Plan, carry_out, nothing, require_writable, to_rule
from .program import program
from .sharing import twins, with_others

InstallCommand = Callable[[argparse.Namespace, Settings], int]


@dataclass(frozen=True, slots=True)
class _Install:
    args: argparse.Namespace
    settings: Settings
    places: Places
    out: Output = field(default_factory=Output)


def install(args: argparse.Namespace, settings: Settings) -> int:
    """Do what the arguments say and return the exit code."""
    home = Path.home()
    folder = Path(args.project) if args.project and args.scope == PROJECT else Path.cwd()
    if args.scope == PROJECT and not folder.is_dir():
        raise WrongUseError(f"--project: there is no folder {folder}.")
    call = _Install(args, settings, places(home, project_of(folder, home)))
    _check(call)
    if not args.clients:
        return _offer(call)
    return _do(call, [client_named(name) for name in dict.fromkeys(args.clients)])


def _check(call: _Install) -> None:
    args = call.args
    if args.scope == PROJECT and call.places.project is None:
        raise WrongUseError("this folder is no project; name one with --project DIR.")
    if not args.url and (args.bridge or args.token_file or args.save_token or args.no_token):
        raise WrongUseError(
            "--bridge, --token-file, --save-token and --no-token go with --url, the address of a "
            "team's endpoint."
        )
    if args.profile not in (None, *CHOICES["profile"]):
        raise WrongUseError(f"--profile: choose {', '.join(CHOICES['profile'])}.")
    if args.url and args.db:
        raise WrongUseError("--db names a file, and --url an endpoint; give one of them.")
    if args.save_token and not args.token_file:
        raise WrongUseError("--save-token needs --token-file FILE, where the token goes.")
    if not args.name:
        raise WrongUseError("--name: an entry needs a name.")
    if not args.clients and (args.uninstall or args.rules or args.url):
        raise WrongUseError(f"say which client: {', '.join(BY_NAME)}.")


def client_named(name: str) -> Client:
    """Return the client that a person means.

    Raises:
        WrongUseError: there is none of this name; it says which there are.
    """
    found = BY_NAME.get(name)
    if found is None:
        near = nearest_label(name, list(BY_NAME))
        hint = f"did you mean {near}?" if near else f"choose {', '.join(BY_NAME)}."
        raise WrongUseError(f"{name!r} is no client that is known here; {hint}")
    return found


def _do(call: _Install, clients: list[Client]) -> int:
    """Plan for all clients, then write: what cannot be done for one is not begun for any."""
    args = call.args
    wishes = None if args.uninstall else _wishes(call)
    plans = [plan for client in clients for plan in _plans(call, client, wishes)]
    saves = bool(wishes) and args.save_token and not args.dry_run
    if saves and wishes is not None:
        _save_token(call, wishes)
    if not args.dry_run:
        plans = _carried_out(call, clients, wishes)
    _tell(call, plans)
    return 0


def _carried_out(call: _Install, clients: list[Client], wishes: Wishes | None) -> list[Plan]:
    """Write, and return what was done; where that fails midway, tell it before the failure."""
    done: list[Plan] = []
    try:
        for client in clients:
            for plan in _plans(call, client, wishes):  # anew: two clients may share a file
                carry_out(plan, call.places)
                done.append(plan)
    except (RefusedError, OSError):
        if done:
            _tell(call, done)
        raise
    return done


def _tell(call: _Install, plans: list[Plan]) -> None:
    args = call.args
    found = [twins(plan, call.places) for plan in plans]
    if args.json:
        call.out.exact(answers.as_json(plans, found, call.places, dry_run=args.dry_run))
    else:
        for plan, its_twins in zip(plans, found, strict=True):
            answers.tell(call.out, plan, its_twins, call.places, dry_run=args.dry_run)


def _plans(call: _Install, client: Client, wishes: Wishes | None) -> list[Plan]:
    args, scope = call.args, call.args.scope
    path = call.places.file(client, scope)
    if path is None:
        raise WrongUseError(f"{client.title} has no file for a {scope}; leave out --scope {scope}.")
    plan = nothing(client, scope, path, "entry", args.name)
    if wishes is None:
        plan = to_remove(plan, whole(args.url or ""), force=args.force)
    else:
        plan = to_add(plan, wishes, force=args.force)
    plans = [
        with_others(one, call.places, args.clients, force=args.force)
        for one in (plan, *_rules(call, client))
    ]
    for one in plans:
        require_writable(one)
    return plans


def _rules(call: _Install, client: Client) -> list[Plan]:
    args = call.args
    if not args.rules:
        return []
    path = call.places.rules(client, args.scope)
    if path is None:
        other = "" if not client.rules_project else "; --scope project writes that of a project"
        raise WrongUseError(f"{client.title} reads no file of rules for a {args.scope}{other}.")
    return [to_rule(nothing(client, args.scope, path, "rules"), remove=args.uninstall)]


def _wishes(call: _Install) -> Wishes:
    args = call.args
    pins: list[str] = []
    if args.db:
        pins += ["--db", call.settings.db]
    elif args.project and args.scope == USER:
        pins += ["--project", call.settings.project]
    if not args.url:
        given = (("--profile", args.profile), ("--user", args.user))
        pins += [word for flag, value in given if value for word in (flag, value)]
    else:
        _check_url(args.url, call.settings)
    return Wishes(
        program=program(args.program),
        is_named=args.program is not None,
        pins=tuple(pins),
        project=str(call.places.project or ""),
        url=whole(args.url or ""),
        bridge=args.bridge,
        token_file=str(Path(args.token_file).expanduser().absolute()) if args.token_file else "",
        no_token=args.no_token,
    )


def _check_url(url: str, settings: Settings) -> None:
    try:
        find(url, settings)
    except SettingsError as error:
        raise WrongUseError(str(error).replace("--remote", "--url")) from error


def _save_token(call: _Install, wishes: Wishes) -> None:
    secret = token(Settings())
    if not secret:
        raise WrongUseError("--save-token takes the token from TOKENSPACE_TOKEN, which is not set.")
    path = Path(wishes.token_file)
    if save_token(path, secret):
        sys.stderr.write(f"The token is in {printable(str(path))}, which you alone can read.\n")


def _offer(call: _Install) -> int:
    """Say which clients are here; on a terminal, offer to plug tokenspace into them."""
    found = [answers.state(client, call.places, call.args.scope) for client in CLIENTS]
    if call.args.json:
        call.out.exact(answers.states_as_json(found))
        return 0
    answers.tell_states(call.out, found, call.places)
    new = [one.client for one in found if one.sign and not one.entries and not one.problem]
    if not new:
        return 0
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or call.args.dry_run:
        names = " ".join(client.name for client in new)
        call.out.line(f"To plug it in: tokenspace install {names}")
        return 0
    chosen = _asked(new)
    return _do(call, chosen) if chosen else 0


def _asked(new: list[Client]) -> list[Client]:
    """Return those of the clients that the person wants; none if they want none."""
    names = ", ".join(client.name for client in new)
    sys.stderr.write(f"Plug tokenspace into {plural(len(new), 'client')}: {names}?\n")
    sys.stderr.write("Type yes for all, or the names of those you want: ")
    sys.stderr.flush()
    typed = sys.stdin.readline().replace(",", " ").split()
    if len(typed) == 1 and typed[0].lower() in ("y", "yes", "all"):
        return new
    return [client_named(word) for word in typed if word.lower() not in ("n", "no", "none")]
