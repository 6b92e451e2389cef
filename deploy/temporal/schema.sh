#!/bin/sh
# Bring Temporal's two databases to the schema of this release; what is there stays.
set -eu
SQL_PASSWORD="$(cat /run/secrets/temporal_store_password)"
export SQL_PASSWORD
schemas=/etc/temporal/schema/postgresql/v12

prepare() { # DATABASE SCHEMA
  for step in "create" "setup-schema -v 0.0" "update-schema -d $schemas/$2/versioned"; do
    # shellcheck disable=SC2086 # a step is a command and its options
    temporal-sql-tool --plugin postgres12 --ep "$SQL_HOST" -p "$SQL_PORT" -u "$SQL_USER" --db "$1" $step
  done
}

prepare temporal temporal
prepare temporal_visibility visibility
