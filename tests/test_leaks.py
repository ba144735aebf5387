"""Which secrets are found in a text, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.exchange.bundle import Bundle
from tokenspace.memory.exchange.leaks import covered, without_secrets
from tokenspace.memory.passages import PassageDraft

HEX = "0123456789abcdef" * 4
RANDOM = "kQ7vZp2mXc9tLw4sRb8nHd3fGy6jUa1e"

KNOWN = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "xoxb-1234567890-abc",
    "eyJhbGciOiJIUzI1.eyJzdWIiOi1.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENC\n\nMIIE\n-----END EC PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY=\n=aB1c\n-----END PGP PRIVATE KEY BLOCK-----",
    "-----BEGIN PRIVATE KEY-----\n" + RANDOM,
    "AIza" + "b" * 35,
    "ts_0123456789ab_" + "q" * 24,
    "sk-proj-" + RANDOM.lower(),
    "sk-ant-api03-" + RANDOM,
    f"SG.{RANDOM[:22]}.{RANDOM}",
    "whsec_" + RANDOM,
    "pypi-AgEIcHlwaS5vcmc" + RANDOM,
    "gsk_" + RANDOM * 2,
    "dop_v1_" + HEX,
    f"123456789:AA{RANDOM}1",
]
"""Secrets that say by themselves what they are."""

NAMED = [
    "AWS_SECRET_ACCESS_KEY={wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}",
    "aws_secret_access_key = {wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}",
    "SECRET_KEY = '{django-insecure-x3$k(9@b7%n!q2w8=m}'",
    'SECRET = "{Hunter2-correct-horse-7731}"',
    "DB_PASS={s3cretDatabase}",
    "DB_PWD={s3cretDatabase}",
    f"GITHUB_TOKEN={{{HEX[:40]}}}",
    f"token: {{{RANDOM}}}",
    '{"private_key": "{b64+x9Kq2LmZ7}"}',
    f"AccountName=x;AccountKey={{{RANDOM}==}};EndpointSuffix=core.windows.net",
    "password: {Pa$$w0rd2026!}",
    'password = "{ab12;cd34efgh5678}"',
    "password: {tr0ub4d}",
    'password: "{tr0ub4(d}"',
    "password: {hunter2hunter}",
    'api_key = "{a1b2c3d4e5}"',
    "- **Passwort:** {Geheim2026xyz}",
    "Authorization: Basic {dXNlcjpwYXNz}",
    f"'Authorization': 'Bearer {{{RANDOM}}}'",
    f"curl -H 'x: y' -H \"Bearer {{{RANDOM}}}\"",
    "the password is {hunter2hunter}, ask Ada",
    "| password | {S3cretOfTheDb} |",
    r"{\"password\": \"{hunter2hunter}\"}",
    "mysqldump -u root -p{S3cret} shop",
    "curl -u ada:{S3cret99} https://x",
    "postgres://{app:s3cret}@db/x",
    "redis://{:s3cret}@db/0",
]
"""Secrets that the name before them tells; they stand between the last braces."""

NONE = [
    "The password rotates every 90 days.",
    "the password policy: rotate yearly",
    "password: ask-the-team",
    "password: <your password 1>",
    "password: ${DB_PASSWORD2}",
    "password: $DB_PASSWORD2",
    "password: {{ vault.db1 }}",
    "password: at least 12 characters",
    "password: 12-character minimum",
    "PASSWORD_FILE=/run/secrets/db1",
    "password_hash: argon2id",
    "postgres://app:${DB_PASS}@db/x",
    "postgres://user:password@localhost/x",
    "api_key = os.environ['KEY_1']",
    "api_key: process.env.API_KEY1",
    "api_key: see the vault",
    "api_key: YOUR_API_KEY_1",
    "api_key: sk-...1234",
    "token budget: 2,000",
    "max_tokens: 4096",
    "tokenizer: cl100k_base",
    "token_model: gpt-4o-2024-08-06",
    "token: ${TOKENSPACE_TOKEN}",
    "token: JWT, signed with RS256",
    "secret: 2026-11-20",
    "secret: k8s-secret-v2",
    "client_secret: https://vault.example.com/v1/kv2",
    "private_key_path: ~/.ssh/id_ed25519",
    "Authorization: Basic authentication",
    "see https://example.com:8080/a@b",
    "sk-learn-based-classification-of-text-2024",
    "self.tokens = Phi2Embedding(config)",
    "docker run -u 1000:1000 x; mysql -p shop",
    "123456789:30 minutes",
]


def seen(text: str) -> tuple[str, list[tuple[str, int]]]:
    """Return a text without its secrets, and what was said of each."""
    found: list[tuple[str, int]] = []
    return covered(text, lambda what, line: found.append((what, line))), found


@pytest.mark.parametrize("secret", KNOWN)
def test_well_known_forms_of_secrets_are_found(secret: str) -> None:
    """What stands around them stays."""
    told, found = seen(f"one\nuse {secret} here\nand {secret}")
    mark = f"[{found[0][0]} was left out]"
    assert told == f"one\nuse {mark} here\nand {mark}"
    assert [line for _, line in found] == [2, 3 + secret.count("\n")]


@pytest.mark.parametrize("said", NAMED)
def test_a_secret_is_known_by_its_name(said: str) -> None:
    """All of it is left out and nothing but it."""
    before, _, rest = said.rpartition("{")
    secret, _, after = rest.partition("}")
    told, found = seen(f"{before}{secret}{after}\nnext")
    assert len(found) == 1
    assert told == f"{before}[{found[0][0]} was left out]{after}\nnext"


@pytest.mark.parametrize("said", NONE)
def test_what_only_speaks_of_a_secret_stays(said: str) -> None:
    """A word, a number, a placeholder, a variable, a path, a piece of code."""
    assert seen(said) == (said, [])


@given(st.lists(st.sampled_from([*KNOWN, *NONE, *NAMED, "\n", " ", '"', "and"])).map(" ".join))
def test_what_is_covered_holds_no_secret(text: str) -> None:
    """A second look finds nothing, and leaves the text as it is."""
    told, _ = seen(text)
    assert seen(told) == (told, [])


@pytest.mark.parametrize(
    "part",
    [
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ-",
        "token:a1",
        "password=",
        "://a:",
        "password ",
        " ",
    ],
)
def test_hostile_text_takes_time_in_proportion(part: str) -> None:
    """Eight times as much takes about eight times as long, where it could be 64 times."""

    def seconds(size: int) -> float:
        text = part * (size // len(part))
        best = 9e9
        for _ in range(2):
            began = time.process_time()
            covered(text, lambda _what, _line: None)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(80_000) < 24 * seconds(10_000)


def test_passages_are_covered_with_what_is_said_of_them() -> None:
    """Each place is named once; what has no secret is the same as before."""
    secret = f"password: {RANDOM}"
    drafts = (
        PassageDraft(id=None, kind="passage", text="plain", source="x"),
        PassageDraft(id=None, kind="episode", text=f"a\n{secret}", tags=(secret,), source=secret),
    )
    clean = without_secrets(Bundle(format="x", passages=drafts))
    assert clean.passages[0] == drafts[0]
    mark = "password: [a password or key was left out]"
    assert (clean.passages[1].text, clean.passages[1].tags) == (f"a\n{mark}", (mark,))
    assert RANDOM not in repr(clean)
    assert clean.secrets == (
        f"episode 2 ({mark}), line 2: a password or key",
        f"what is said of episode 2 ({mark}), line 1: a password or key",
    )
