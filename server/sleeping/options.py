"""The arguments of `tokenspace sleep`. Imports argparse alone."""

import argparse
import re

from ..flags import positive

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TYPED = re.compile(r"([1-9]\d{0,5})([smhd])")

_EPILOG = (
    "A DURATION is 90s, 30m, 6h or 1d. Keys and addresses come from the environment, as the "
    "provider names them: OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENAI_BASE_URL. Most servers that "
    "are compatible with OpenAI want --model openai-chat:NAME."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--model",
        metavar="PROVIDER:NAME",
        default="",
        help="which model does it, such as openai:gpt-5-mini (the setting sleep_model)",
    )
    parser.add_argument("--label", metavar="LABEL", default="", help="only this block")
    parser.add_argument("--focus", metavar="TEXT", default="", help="what to look at most")
    parser.add_argument(
        "--budget", metavar="N", type=positive, help="tokens that all blocks may have together"
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what would be merged")
    parser.add_argument(
        "--abandon", action="store_true", help="throw away a run that does not finish"
    )
    budget = parser.add_argument_group("what a run may cost")
    for name, default in (("tokens", 500_000), ("seconds", 900), ("requests", 100)):
        budget.add_argument(
            f"--max-{name}",
            metavar="N",
            type=positive,
            default=default,
            help=f"at most N {name} ({default:,})",
        )
    when = parser.add_argument_group("when")
    when.add_argument(
        "--every", metavar="DURATION", type=duration, help="again and again, if somebody wrote"
    )
    when.add_argument(
        "--when-idle",
        metavar="DURATION",
        type=duration,
        default=0,
        help="only when nobody has written for so long",
    )
    parser.epilog = _EPILOG
    parser.set_defaults(branch=None)


def duration(text: str) -> int:
    """Return the seconds of a duration: 90s, 30m, 6h, 1d."""
    found = _TYPED.fullmatch(text.strip().lower())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration like 90s, 30m, 6h or 1d")
    return int(found[1]) * _UNITS[found[2]]
