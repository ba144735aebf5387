"""A team's endpoint, asked as clients ask it: host, token, both eras, SSE, time."""

import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from ..front import LATEST_HANDSHAKE, MODERN, parsed
from ..remote import words
from ..remote.target import Target
from ..terminal import plural
from .line import Line, result, tools
from .report import Finding, State, quoted
from .spawning import ENVELOPE, HELLO, READY, Message, request

SLOW_S = 1.0
"""A call that takes longer is worth a word: some clients give up after five."""

_SOON_DAYS = 14  # until a certificate runs out
_TRIES = 3  # calls that are timed
_METADATA = re.compile(r'resource_metadata="([^"]+)"')
_TOKEN = "name the file of a good one with --token-file FILE"  # noqa: S105
_MENDS = {
    401: _TOKEN,
    403: "ask who runs the endpoint: `tokenspace token create --name WHO --space SPACE`",
    429: "wait a minute",
}
_SPACES = "`tokenspace spaces` on the endpoint's machine lists its spaces"
_CHECKS = {401: "token", 403: "space", 404: "space"}
"""What was wrong, by the status of an answer."""


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom an endpoint is asked.

    Attributes:
        who: Under whose name that is told.
        lack: What is told if a token is needed, where there is none or where it is not sure that
            the client has the one that is here.
        to_token: What gives a client another token; empty for a person who asks themselves.
    """

    who: str = "endpoint"
    lack: Finding | None = None
    to_token: str = ""


class Endpoint:
    """One space of an endpoint, and what is told of it under a client's name."""

    def __init__(self, target: Target, token: str, asker: Asker | None = None) -> None:
        self._target = target
        self._asker = asker or Asker()
        self._who = self._asker.who
        self._line = Line(target, token)
        self._wants = False  # whether it has asked for a token

    def findings(self) -> Iterator[Finding]:
        """Ask it everything, as far as it answers."""
        with self._line:
            try:
                yield from self._reach()
                strange = self._strange()
                yield from strange
                if any(finding.state is State.FAIL for finding in strange):
                    return
                if self._wants and self._line.token and self._asker.lack is not None:
                    yield self._asker.lack
                yield from self._asked()
            except httpx2.TransportError as error:
                said = words.of_trouble(error, self._target)
                # A host may have any name: only our own words say what it is.
                yield self._fail("reach", said, _mend_of(said.replace(self._target.host, "")))
            except (httpx2.RequestError, httpx2.InvalidURL) as error:
                said = f"{self._target.host} answers what cannot be read: {error}"
                yield self._fail("reach", said, "is it the address of an endpoint?")

    def _reach(self) -> Iterator[Finding]:
        began = time.monotonic()
        base = self._target.url.removesuffix("/mcp").removesuffix(f"/p/{self._target.space}")
        answer = self._line.get(f"{base}/health")
        took = time.monotonic() - began
        if answer.has_redirect_location:
            yield self._refused("reach", answer)
        elif answer.is_success:
            said = f"{self._target} answers in {took:.2f} s"
            yield self._ok("reach", said)
        else:
            said = f"{self._target} answers, but {base}/health says {answer.status_code}"
            yield self._note("reach", said, "have the proxy in front hand on /health as well")
        yield from self._certificate(answer)

    def _certificate(self, answer: httpx2.Response) -> Iterator[Finding]:
        stream: Any = answer.extensions.get("network_stream")
        found: Any = stream.get_extra_info("ssl_object") if stream is not None else None
        if found is None:
            return
        certificate: dict[str, Any] = found.getpeercert() or {}
        until = certificate.get("notAfter")
        if not until:
            return
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(until)), UTC)
        days = (ends - datetime.now(UTC)).days
        said = f"{found.version()}, and a certificate that is good for {plural(days, 'more day')}"
        if days < _SOON_DAYS:
            yield Finding(self._who, "tls", State.WARN, said, "renew the certificate")
        else:
            yield self._ok("tls", said)

    def _strange(self) -> list[Finding]:
        """Ask without a token, as a client does that does not know yet whether it needs one."""
        answer = self._line.post(request(1, "server/discover", ENVELOPE), with_token=False)
        host = self._target.host
        if answer.status_code == 421:
            how = f"serve it with --public-url {self._line.origin} (or TOKENSPACE_PUBLIC_URL)"
            return [self._fail("host", f"the endpoint does not know itself as {host}", how)]
        if answer.status_code == 401:
            self._wants = True
            return [*self._challenge(answer)]
        if answer.is_success:
            said = "it lets in whoever asks, without a token"
            if self._target.local:
                return [self._note("token", said, "")]
            how = "`tokenspace token create --name WHO --space SPACE` there: then all need one"
            return [Finding(self._who, "token", State.WARN, said, how)]
        return [self._refused(_CHECKS.get(answer.status_code, "host"), answer)]

    def _challenge(self, answer: httpx2.Response) -> Iterator[Finding]:
        challenge = answer.headers.get("www-authenticate", "")
        if not challenge.lower().startswith("bearer"):
            how = "have the proxy in front hand on the header WWW-Authenticate"
            said = "it asks for a token, but not in the way that clients understand"
            yield Finding(self._who, "token", State.WARN, said, how)
            return
        found = _METADATA.search(challenge)
        if found is None:
            yield self._ok("token", "it asks for a token, one that `tokenspace token` made")
            return
        yield self._metadata(found[1])

    def _metadata(self, address: str) -> Finding:
        """Look at what tells clients where to get a token; only from the endpoint itself."""
        if urlsplit(address).netloc != self._target.host:
            how = f"serve it with --public-url {self._line.origin}"
            said = f"it says where tokens are had at another address, {quoted(address)}"
            return Finding(self._who, "token", State.WARN, said, how)
        told = parsed(self._line.get(address).content) or {}
        servers: Any = told.get("authorization_servers")
        resource = str(told.get("resource", ""))
        if not servers or resource.rstrip("/") != self._target.url:
            how = f"serve it with --public-url {self._line.origin} and --issuer URL"
            said = f"what it says of how to get a token is of {quoted(resource) or 'nothing'}"
            return self._fail("token", said, how)
        listed = ", ".join(quoted(str(one)) for one in cast(list[Any], servers))
        return self._ok("token", f"it asks for a token, which {listed} makes")

    def _asked(self) -> Iterator[Finding]:
        """Ask with the token what clients of both eras ask, and over SSE."""
        begun = self._line.post(request(1, "server/discover", ENVELOPE))
        if begun.status_code == 401 and not self._line.token:
            said = "there is no token here, so nothing more can be asked"
            yield self._asker.lack or self._fail("token", said, _TOKEN)
            return
        if not begun.is_success:
            yield self._refused(_CHECKS.get(begun.status_code, "handshake"), begun)
            return
        modern = result(begun)
        if modern is None:
            said = "what answers is not of the protocol: is this the address of a space?"
            yield self._fail("handshake", said, f"give {self._line.origin}/p/SPACE/mcp")
            return
        yield from self._eras()
        yield from self._times()
        yield from self._sse()

    def _eras(self) -> Iterator[Finding]:
        modern = tools(self._line.post(request(2, "tools/list", ENVELOPE)))
        hello = self._line.post(request(1, "initialize", HELLO))
        session = {"Mcp-Session-Id": hello.headers.get("mcp-session-id", "")}
        session["MCP-Protocol-Version"] = LATEST_HANDSHAKE
        legacy = 0
        if result(hello) is not None:
            self._line.post(READY, session)
            legacy = tools(self._line.post(request(2, "tools/list"), session))
            self._line.end(session)
        if modern and legacy:
            said = f"both eras ({LATEST_HANDSHAKE}, {MODERN}), {modern} tools"
            yield self._ok("handshake", said)
            return
        for era, count in ((LATEST_HANDSHAKE, legacy), (MODERN, modern)):
            if not count:
                how = "upgrade tokenspace there; a proxy in front has to hand on all headers"
                yield self._fail("handshake", f"no tools in the protocol of {era}", how)

    def _times(self) -> Iterator[Finding]:
        call: Message = {**ENVELOPE, "name": "memory_status", "arguments": {}}
        took: list[float] = []
        said_of: Message | None = None
        for number in range(_TRIES):
            began = time.monotonic()
            said_of = result(self._line.post(request(number, "tools/call", call)))
            took.append(time.monotonic() - began)
        if said_of is None or said_of.get("isError"):
            texts = cast(list[Any], (said_of or {}).get("content") or [{}])
            said = f"memory_status fails: {quoted(str(texts[0].get('text', 'no answer')))}"
            yield self._fail("calls", said, "look at the endpoint's log")
            return
        middle = sorted(took)[_TRIES // 2]
        said = f"a call takes {middle * 1_000:.0f} ms"
        if middle > SLOW_S:
            how = "look at the way there and at /metrics; --rate and the token's turns may hold it"
            yield Finding(self._who, "calls", State.WARN, said, how)
        else:
            yield self._ok("calls", said)

    def _sse(self) -> Iterator[Finding]:
        address = f"{self._target.url.removesuffix('/mcp')}/sse"
        began = time.monotonic()
        try:
            status, first = self._line.first_line(address)
        except httpx2.TimeoutException:
            how = "have the proxy in front hand on streams at once (nginx: proxy_buffering off)"
            said = "over SSE nothing comes: something on the way holds it back"
            yield Finding(self._who, "sse", State.WARN, said, how)
            return
        if first.startswith("event: endpoint"):
            took = (time.monotonic() - began) * 1_000
            yield self._ok("sse", f"older clients are served over SSE as well, in {took:.0f} ms")
        else:
            said = f"no SSE at {address} ({status}); most clients need none"
            yield self._note("sse", said, "")

    def _refused(self, check: str, answer: httpx2.Response) -> Finding:
        said = words.of_refusal(answer, self._target, with_token=bool(self._line.token))
        how = _MENDS.get(answer.status_code, "look at the endpoint's log")
        if answer.status_code == 401 and self._asker.to_token:
            how = self._asker.to_token
        elif answer.status_code == 404:
            name = "its address is" if self._asker.to_token else "--space NAME, or the address"
            how = f"{_SPACES}; {name} {self._line.origin}/p/NAME/mcp"
        if answer.has_redirect_location:
            how = "give the address that it leads to"
        elif answer.status_code == 403 and "Origin" in answer.text:
            how = f"serve it with --public-url {self._line.origin}"
        return self._fail(check, said, how)

    def _ok(self, check: str, said: str) -> Finding:
        return Finding(self._who, check, State.OK, quoted(said, self._line.hidden))

    def _note(self, check: str, said: str, how: str) -> Finding:
        return Finding(self._who, check, State.NOTE, quoted(said, self._line.hidden), how)

    def _fail(self, check: str, said: str, how: str) -> Finding:
        told = quoted(said, self._line.hidden).rstrip(".")
        return Finding(self._who, check, State.FAIL, told, how)


def _mend_of(said: str) -> str:
    """Return what to do where no answer comes, by what is said of that."""
    if "SSL_CERT_FILE" in said:
        return "SSL_CERT_FILE=FILE, the authority's certificate; or renew the endpoint's"
    if "https" in said:
        return "serve it with --tls-cert and --tls-key, or give its http:// address on this machine"
    if "no host" in said:
        return "look at the spelling, and at this machine's network"
    return "start it: `tokenspace serve --http --data DIR`; look at its log, and at the firewall"
