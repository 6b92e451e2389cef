"""Databases of a PostgreSQL server. Tryton's interpreter runs this file: it has the driver.

`python postgresql.py VERB [NAME …]`; TIEBEAM_TRYTON_POSTGRESQL names the server, no database.
"""

import os
import sys

import psycopg
from psycopg.sql import SQL, Identifier


def _names(connection: psycopg.Connection) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT datname FROM pg_database")}


def _do(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(SQL(statement).format(*map(Identifier, names)))


def main(verb: str, *names: str) -> None:
    """List the databases, or do to the named ones what the verb says."""
    url = os.environ["TIEBEAM_TRYTON_POSTGRESQL"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        if verb == "list":
            sys.stdout.write("\n".join(_names(connection)))
        elif verb == "create":
            _do(connection, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", *names)
        elif verb == "drop":
            _do(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", *names)
        elif verb == "copy":
            _do(connection, "CREATE DATABASE {1} TEMPLATE {0}", *names)
        elif verb == "seal":  # a template is not among those that Tryton lists and looks into
            _do(connection, "ALTER DATABASE {} RENAME TO {}", *names)
            _do(connection, "ALTER DATABASE {1} IS_TEMPLATE true", *names)


if __name__ == "__main__":
    main(*sys.argv[1:])
