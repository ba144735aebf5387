"""The words that hard facts are told by, and what each of them counts for. English."""


def _each(words: str) -> list[str]:
    return words.split()


NUMBERS: dict[str, float] = {
    **{
        word: amount
        for amount, word in enumerate(
            _each(
                "zero one two three four five six seven eight nine ten eleven twelve thirteen "
                "fourteen fifteen sixteen seventeen eighteen nineteen twenty"
            )
        )
    },
    **{
        word: 10 * tens
        for tens, word in enumerate(_each("thirty forty fifty sixty seventy eighty ninety"), 3)
    },
    "dozen": 12,
    "twice": 2,
}
VAGUE_NUMBERS = frozenset(["one", "zero"])
"""Numbers only where a unit follows: "one of them", "zero in on"."""

ORDINALS: dict[str, int] = {
    word: place
    for place, word in enumerate(
        _each("first second third fourth fifth sixth seventh eighth ninth tenth"), 1
    )
    if word != "second"  # every second day, a second time, sixty of them a minute
}
SCALES: dict[str, float] = {
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
}

_MONTHS = _each(
    "january february march april may june july august september october november december"
)
MONTHS: dict[str, int] = (
    {name: number for number, name in enumerate(_MONTHS, 1)}
    | {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
    | {"sept": 9}
)
VERB_MONTHS = frozenset(["may", "mar", "march"])
"""Months that are other words as well: a day, a year or one of `MONTH_BEFORE` must be near."""

MONTH_BEFORE = frozenset(_each("in since until till by of last next early late mid for each from"))

_DAYS = _each("monday tuesday wednesday thursday friday saturday sunday")
DAYS: dict[str, str] = {name + end: name for name in _DAYS for end in ("", "s")}
SHORT_DAYS: dict[str, str] = {name[:3]: name for name in _DAYS}
"""Short names of weekdays: only with a capital, as some are other words."""

UNITS: dict[str, tuple[float, str]] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), (1, "seconds")),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), (0.001, "seconds")),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), (60, "seconds")),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), (3_600, "seconds")),
    **dict.fromkeys(("day", "days"), (86_400, "seconds")),
    **dict.fromkeys(("week", "weeks"), (7 * 86_400, "seconds")),
    **dict.fromkeys(("month", "months"), (1, "months")),
    **dict.fromkeys(("year", "years"), (12, "months")),
    **dict.fromkeys(("%", "percent", "pct"), (1, "%")),
    **dict.fromkeys(("€", "euro", "euros", "eur"), (1, "EUR")),
    **dict.fromkeys(("$", "dollar", "dollars", "usd"), (1, "USD")),
    **dict.fromkeys(("£", "pound", "pounds", "gbp"), (1, "GBP")),
    **dict.fromkeys(("mg", "milligram", "milligrams"), (1, "mg")),
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms"), (1, "kg")),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), (1, "km")),
    **dict.fromkeys(("mile", "miles"), (1, "miles")),
    **dict.fromkeys(("°", "°c", "degree", "degrees"), (1, "degrees")),
    **dict.fromkeys(("kb", "kib"), (1, "KB")),
    **dict.fromkeys(("mb", "mib"), (1, "MB")),
    **dict.fromkeys(("gb", "gib"), (1, "GB")),
    **dict.fromkeys(("tb", "tib"), (1, "TB")),
}
"""What an amount in each unit is multiplied by, and the unit that it then has."""

NEGATIONS = frozenset(
    _each(
        "not never no none without cannot cant dont doesnt didnt isnt arent wasnt wont shouldnt "
        "mustnt nor neither nobody nothing forbidden forbid prohibited stop stopped quit avoid "
        "avoids banned disallowed disabled former formerly except exclude excludes excluded "
        "unless"
    )
)

CLOCK_WORDS = {"noon": "12:00", "midnight": "00:00"}

TITLES = frozenset(_each("dr mr mrs ms prof st jr sr vs approx ca no nr fig eg ie etc"))
"""Words whose full stop ends no sentence."""

NO_NAMES = frozenset(
    _each(
        "i im ive id ill user users let here there what who how why when where it that this he she "
        "we they you today tomorrow yesterday ok yes always"
    )
)
"""Words that name nobody, whatever their capitals."""

OPPOSITES: tuple[tuple[str, ...], ...] = (
    ("enabled", "disabled"),
    ("enable", "disable"),
    ("before", "after"),
    ("open", "closed"),
    ("always", "never", "sometimes", "rarely"),
    ("include", "exclude"),
    ("includes", "excludes"),
    ("like", "hate", "dislike"),
    ("likes", "hates", "dislikes"),
    ("likes", "stand"),
    ("loves", "hates"),
    ("allowed", "forbidden"),
    ("allow", "forbid"),
    ("detailed", "short"),
    ("detailed", "brief"),
    ("single", "married", "divorced"),
    ("public", "private"),
    ("required", "optional"),
    ("increase", "decrease"),
    ("more", "less"),
    ("newer", "older"),
    ("light", "dark"),
    ("on", "off"),
    ("true", "false"),
    ("yes", "no"),
    ("up", "down"),
    ("left", "right"),
    ("need", "without"),
    ("with", "without"),
    ("morning", "evening", "afternoon"),
    ("accept", "reject"),
    ("start", "stop"),
    ("keep", "squash", "discard", "delete"),
    ("hourly", "daily", "weekly", "monthly", "quarterly", "yearly"),
    ("automatic", "manual"),
    ("automatically", "manually"),
    ("synchronous", "asynchronous"),
    ("minimum", "maximum"),
    ("least", "most"),
    ("internal", "external"),
    ("buy", "rent"),
    ("first", "last"),
    ("upper", "lower"),
    ("north", "south"),
    ("east", "west"),
    ("win", "lose"),
    ("remote", "office"),
    ("euros", "dollars", "pounds"),
)
"""Words of which a thing is at most one."""

ORDERING = frozenset(_each("over before after not than instead"))
"""Words around which the order of the others matters: "tabs over spaces"."""
