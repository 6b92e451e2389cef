"""OData as F&O reads it: literals, keys, filters, queries."""

from urllib.parse import quote, urlencode


def literal(value: str | int) -> str:
    """Return the value as OData writes it: text in quotes, with its own quotes doubled."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def equal(**fields: str | int) -> str:
    """Return the filter that every field equals its value. F&O reads `*` in text as a wildcard."""
    return " and ".join(f"{name} eq {literal(value)}" for name, value in fields.items())


def key(entity_set: str, **fields: str | int) -> str:
    """Return the path of one row; no value can leave its place in it."""
    named = (name + "=" + quote(literal(value), safe="'") for name, value in fields.items())
    return f"{entity_set}({','.join(named)})"


def query(**options: str) -> str:
    """Return the query string of system options, over all companies.

    Without `cross-company` F&O sees only the calling user's default company.
    """
    given = {"cross-company": "true"} | {f"${name}": text for name, text in options.items()}
    return urlencode(given, safe="$'", quote_via=quote)
