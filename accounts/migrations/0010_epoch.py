"""The epoch of rights and its entries, which Django does not manage: a flush leaves them.

``accounts/epoch.py`` makes its row.
"""

from typing import Any

from django.db import migrations

POSTGRESQL = (
    "CREATE TABLE accounts_epoch (id integer PRIMARY KEY CHECK (id = 1),"
    " n bigint NOT NULL, mark uuid NOT NULL)",
    "CREATE TABLE accounts_epoch_entry (n bigint NOT NULL, mark uuid NOT NULL, digest bytea,"
    " service_account_id uuid, at timestamptz NOT NULL DEFAULT clock_timestamp())",
    "CREATE INDEX accounts_epoch_entry_n ON accounts_epoch_entry (n)",
)
SQLITE = (
    "CREATE TABLE accounts_epoch (id integer PRIMARY KEY CHECK (id = 1),"
    " n integer NOT NULL, mark text NOT NULL)",
    "CREATE TABLE accounts_epoch_entry (n integer NOT NULL, mark text NOT NULL, digest blob,"
    " service_account_id text, at text NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    "CREATE INDEX accounts_epoch_entry_n ON accounts_epoch_entry (n)",
)


def make(apps: Any, schema_editor: Any) -> None:
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if on_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def remove(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE accounts_epoch_entry")
    schema_editor.execute("DROP TABLE accounts_epoch")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_bulk_runs")]
    operations = [migrations.RunPython(make, remove)]
