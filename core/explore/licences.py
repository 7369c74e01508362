"""The licences that models carry, and what each allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import yaml

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.once import Once

_FILE = Path(__file__).with_name("licences.yaml")
_LONGEST = 100


class Osi(StrEnum):
    """Whether the Open Source Initiative approved a licence."""

    YES = "yes"
    NO = "no"
    NOT_SOFTWARE = "not software"
    NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Licence:
    """A licence by the Hub's `tag`; `terms` is what it forbids or asks where it is not open."""

    tag: str
    name: str
    osi: Osi
    terms: str = ""

    @property
    def verdict(self) -> str:
        """Return whether it is open-source, in a few words."""
        return {
            Osi.YES: "open-source, approved by the Open Source Initiative",
            Osi.NO: "not an open-source licence by the Open Source Initiative",
            Osi.NOT_SOFTWARE: "not a software licence, so not one of the Open Source Initiative",
            Osi.NOT_KNOWN: "whether it is open-source is not known",
        }[self.osi]


def licence_of(tag: str) -> Licence:
    """Return the licence with that tag; what the Hub does not list is told as not known."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in tag[:_LONGEST]).split())
    known = licences().get(shown.lower())
    if known is not None:
        return known
    return Licence(
        tag=shown,
        name=shown or "No licence",
        osi=Osi.NOT_KNOWN,
        terms="The lab does not know this licence: read it before you use the model."
        if shown
        else "Without a licence, nobody has permission to use it.",
    )


@Once
def licences() -> Mapping[str, Licence]:
    """Return every licence that the Hub lists, by its tag.

    Raises:
        ContentError: licences.yaml is not written as it should be.
    """
    tree = compose(_FILE, read_text(_FILE), 1)
    if not isinstance(tree, yaml.MappingNode):
        raise error_at(_FILE, 1, "expected lines of the form 'tag: …'.")
    found = {}
    for key, value in tree.value:
        line = key.start_mark.line + 1
        fields = fields_of(_FILE, value, 1, {"name": str, "osi": str, "terms": str}, {"terms"})
        if fields["osi"] not in set(Osi):
            raise error_at(_FILE, line, f"'osi' must be one of {', '.join(Osi)}.")
        found[key.value] = Licence(
            key.value, fields["name"], Osi(fields["osi"]), fields.get("terms", "")
        )
    return MappingProxyType(found)
