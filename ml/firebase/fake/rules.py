"""Strict parser of the part of Firebase's storage.rules language that this project uses.

The fake server applies the same file that is deployed. The parser accepts nested `match` blocks and
`allow … : if true|false`. It raises `RulesError` on everything else, because a misread rule would hide a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

METHODS = {
    "get": {"get"},
    "list": {"list"},
    "read": {"get", "list"},
    "create": {"create"},
    "update": {"update"},
    "delete": {"delete"},
    "write": {"create", "update", "delete"},
}

_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SEGMENT = re.compile(r"/(?:\{(?P<name>\w+)(?P<rest>=\*\*)?\}|(?P<literal>[\w.-]+))")


class RulesError(ValueError):
    """The rules contain something that the parser does not support."""


@dataclass
class Match:
    """A `match` block with its path pattern, allowed methods and nested blocks."""

    pattern: tuple[str, ...]  # literals, `*` for one segment, `**` for any number of segments
    allowed: set[str] = field(default_factory=set)
    children: list[Match] = field(default_factory=list)

    def permits(self, method: str, segments: Sequence[str]) -> bool:
        """Return whether this block or a nested one allows `method` on the path `segments`."""
        return any(
            (not rest and method in self.allowed) or any(child.permits(method, rest) for child in self.children)
            for rest in _remainders(self.pattern, segments)
        )


def _remainders(pattern: Sequence[str], segments: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the rest of `segments` after `pattern`, for each way in which it matches."""
    if not pattern:
        yield segments
    elif pattern[0] == "**":
        for end in range(len(segments) + 1):
            yield from _remainders(pattern[1:], segments[end:])
    elif segments and pattern[0] in ("*", segments[0]):
        yield from _remainders(pattern[1:], segments[1:])


@dataclass(frozen=True)
class Rules:
    """A parsed rules file."""

    matches: tuple[Match, ...]

    def allows(self, method: str, bucket: str, path: str) -> bool:
        """Return whether a client without credentials may call `method` on `path`.

        Args:
            method: "get", "list", "create", "update" or "delete".
            bucket: Name of the bucket.
            path: Decoded name of the object, or the prefix for "list".
        """
        segments = ["b", bucket, "o", *path.removesuffix("/").split("/")]
        if not path:
            segments.pop()
        return any(match.permits(method, segments) for match in self.matches)


def parse(text: str) -> Rules:
    """Parse the text of a storage.rules file.

    Raises:
        RulesError: The text is outside the supported subset; the message names the line.
    """
    return _Parser(text).file()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """Skip blanks and comments, then consume `pattern` if it matches here."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        found = re.compile(pattern).match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def expect(self, pattern: str | re.Pattern[str], what: str) -> re.Match[str]:
        found = self.take(pattern)
        if not found:
            line = self.text.count("\n", 0, self.at) + 1
            near = self.text[self.at :].split("\n", 1)[0][:40] or "the end of the file"
            raise RulesError(f"storage rules, line {line}: expected {what}, found: {near}")
        return found

    def file(self) -> Rules:
        self.expect(r"rules_version\s*=\s*(['\"])2\1\s*;", "rules_version = '2';")
        self.expect(r"service\s+firebase\.storage\b", "service firebase.storage")
        self.expect(r"\{", "{")
        matches = []
        while not self.take(r"\}"):
            matches.append(self.match())
        self.expect(r"\Z", "nothing more")
        return Rules(tuple(matches))

    def match(self) -> Match:
        self.expect(r"match\b", "match or }")
        self.expect(r"(?=/)", "a path")
        block = Match(self.path())
        self.expect(r"\{", "{")
        while not self.take(r"\}"):
            if self.take(r"allow\b"):
                block.allowed |= self.allow()
            else:
                block.children.append(self.match())
        return block

    def path(self) -> tuple[str, ...]:
        pattern = []
        while segment := _SEGMENT.match(self.text, self.at):
            self.at = segment.end()
            wildcard = "**" if segment["rest"] else "*"
            pattern.append(segment["literal"] or wildcard)
        if not pattern:
            self.expect(_SEGMENT, "a path of names, {one} or {many=**}")
        return tuple(pattern)

    def allow(self) -> set[str]:
        methods = set(METHODS[self.expect(rf"(?:{'|'.join(METHODS)})\b", "a method").group()])
        while self.take(","):
            methods |= METHODS[self.expect(rf"(?:{'|'.join(METHODS)})\b", "a method").group()]
        if self.take(";"):
            return methods
        self.expect(r":\s*if\b", "; or : if")
        condition = self.expect(r"(?:true|false)\b", "the condition true or false")
        self.expect(";", ";")
        return methods if condition.group() == "true" else set()
