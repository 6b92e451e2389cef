"""Salesforce ids: 15 characters that mind their case, or 18 with a checksum of the case."""

import re
from typing import Annotated

from pydantic import AfterValidator

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CHUNKS = (slice(0, 5), slice(5, 10), slice(10, 15))


def eighteen(text: str) -> str:
    """Return an id in the form that survives systems without case; ids compare only in it.

    Raises:
        ValueError: it is no id of Salesforce.
    """
    if not _SHAPE.fullmatch(text):
        msg = "not a Salesforce id"
        raise ValueError(msg)
    return text if len(text) > 15 else text + "".join(_checksum(text[chunk]) for chunk in _CHUNKS)  # noqa: PLR2004 - as named


def _checksum(chunk: str) -> str:
    return _CHECKSUM[sum(1 << place for place, char in enumerate(chunk) if char.isupper())]


RecordId = Annotated[str, AfterValidator(eighteen)]
