"""One request at work on the records, inside one transaction."""

from collections.abc import Iterable, Sequence

from world.sandboxes.box import Body, Transaction
from world.sandboxes.kantata import events, refusals
from world.sandboxes.kantata.catalog import EXTERNAL_REFERENCES
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.settings import Settings

DAY = 86400


class Desk:
    """Records by collection. A record keeps its times as whole seconds and all its ids."""

    def __init__(self, tx: Transaction, settings: Settings, user_id: str) -> None:
        self._tx = tx
        self._seen: dict[tuple[str, str], Body | None] = {}
        self._changes: list[tuple[str, str]] = []
        self.settings = settings
        self.user_id = user_id
        self.now = int(tx.now.timestamp())

    def find(self, collection: Collection, key: str) -> Body | None:
        """Return one record, or None."""
        at = (collection.key, key)
        if at not in self._seen:
            self._seen[at] = self._tx.get(*at)
        return self._seen[at]

    def some(self, collection: Collection, keys: Iterable[str]) -> list[Body]:
        """Return those of these records that exist."""
        return [body for key in keys if (body := self.find(collection, key)) is not None]

    def need(self, collection: Collection, key: str, field: str) -> Body:
        """Return a record that a field of the request names, or refuse the field."""
        body = self.find(collection, key)
        if body is None or body.get("deleted_at"):
            raise refusals.invalid(field=field, message=f"There is no {collection.one} {key}")
        return body

    def all(self, collection: Collection) -> list[Body]:
        """Return every record of a collection."""
        return self._tx.all(collection.key)

    def tagged(self, collection: Collection, name: str, value: object) -> list[Body]:
        """Return the records whose field `name` is, or whose list `name` holds, this value."""
        if name.endswith("_ids"):
            return self._tx.tagged(collection.key, f"{name}:{value}", value=True)
        return self._tx.tagged(collection.key, name, value)

    def create(self, collection: Collection, body: Body) -> Body:
        """Keep a new record and return it with its id and times."""
        return self.create_many(collection, [body])[0]

    def create_many(self, collection: Collection, bodies: Sequence[Body]) -> list[Body]:
        """Keep new records and return them with their ids and times."""
        made = [
            {"id": str(self._tx.next("id", first=1001)), **body, "created_at": self.now}
            for body in bodies
        ]
        return self.save(collection, made, change="created")

    def save(
        self, collection: Collection, bodies: Sequence[Body], *, change: str = "updated"
    ) -> list[Body]:
        """Keep changed records and tell the feed."""
        kept = [{**body, "updated_at": self.now} for body in bodies]
        self._changes += [
            (f"{collection.event}:{change}", body["id"]) for body in kept if collection.event
        ]
        return self.keep(collection, kept)

    def keep(self, collection: Collection, bodies: Sequence[Body]) -> list[Body]:
        """Keep records of which nothing changed that the feed would tell."""
        self._tx.put_many(
            collection.key,
            [
                (
                    body["id"],
                    body,
                    collection.tagged_by(body) | {"updated_on": body["updated_at"] // DAY},
                )
                for body in bodies
            ],
        )
        self._seen |= {(collection.key, body["id"]): body for body in bodies}
        return list(bodies)

    def remove(self, collection: Collection, key: str) -> None:
        """Remove a record with its references, and tell the feed."""
        self._tx.delete(collection.key, key)
        self._seen[collection.key, key] = None
        for reference in self.tagged(
            EXTERNAL_REFERENCES, "_subject", f"{collection.subject}/{key}"
        ):
            self._tx.delete(EXTERNAL_REFERENCES.key, reference["id"])
        if collection.event:
            self._changes.append((f"{collection.event}:deleted", key))

    def number(self, name: str) -> int:
        """Return the next number of a sequence of the account."""
        return self._tx.next(name)

    def log(self, operation: str, body: Body) -> None:
        """Append what was accepted."""
        self._tx.log(operation, body)

    def tell(self) -> None:
        """Give the feed what changed."""
        events.tell(self._tx, self.settings, self.user_id, self._changes)
        self._changes = []
