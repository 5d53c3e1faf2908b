"""Every address of the site, read from the resolver: ours and the admin site's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """One address of the resolver; an unnamed one of the admin site is called by its route."""

    name: str
    route: str
    parameters: frozenset[str]

    @property
    def objects(self) -> tuple[str, ...]:
        named = self.parameters - {"url"}
        return ("own", "foreign", "absent") if named else ("none",)

    def path(self, arguments: dict[str, Any]) -> str:
        """Spelt out by hand, since `reverse` refuses what cannot be there."""
        route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", self.route).rstrip("$")
        for key, value in arguments.items():
            route = re.sub(rf"<(\w+:)?{key}>", quote(str(value)), route)
        return f"/{route}"


def addresses(
    resolver: URLResolver | None = None, route: str = "", inside: str = ""
) -> Iterator[Address]:
    for pattern in (resolver or get_resolver()).url_patterns:
        whole = f"{route}{pattern.pattern}".replace("^", "")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, whole, pattern.namespace or inside)
        else:
            yield Address(_name(pattern, whole, inside), whole, _parameters(pattern))


def _name(pattern: URLPattern, route: str, inside: str) -> str:
    return f"{inside}:{pattern.name or route.removeprefix(f'{inside}/')}"


def _parameters(pattern: URLPattern) -> frozenset[str]:
    names = getattr(pattern.pattern, "regex", re.compile("")).groupindex
    return frozenset({*pattern.pattern.converters, *names})
