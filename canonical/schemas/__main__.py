"""Writes the published schemas: `python -m canonical.schemas`."""

from canonical import schemas

for model in schemas.PUBLISHED:
    schemas.path(model).write_text(schemas.text(model))
