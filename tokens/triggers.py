"""The rules about tokens that the database itself holds.

1. A token's organization is its account's: no hand and no bug joins two tenants.
2. What an ended token followed stays as it was: when the account's scopes change,
   its revoked and expired tokens that follow them keep the former ones
   (``contract.md`` section 5: what it "could at its end").
3. Whatever a token gains or loses raises the epoch (``accounts/epoch.py``).
"""

from accounts.epoch import epoch_triggers
from accounts.triggers import Trigger

_WALL = "a token belongs to the organization of its service account"
_CROSSED = (
    "NOT EXISTS (SELECT 1 FROM accounts_serviceaccount a"
    " WHERE a.id = NEW.service_account_id AND a.organization_id = NEW.organization_id)"
)
_RAISE_POSTGRESQL = f"IF {_CROSSED} THEN RAISE EXCEPTION '{_WALL}'; END IF; RETURN NEW;"
_RAISE_SQLITE = f"SELECT RAISE(ABORT, '{_WALL}') WHERE {_CROSSED};"

_KEEP_ENDED = (
    "UPDATE tokens_token SET ended_scopes = OLD.scopes WHERE service_account_id = OLD.id"
    " AND scopes IS NULL AND ended_scopes IS NULL"
    " AND (revoked_at IS NOT NULL OR expires_at <= {now});"
)

_SCOPES_CHANGED = "AFTER UPDATE OF scopes ON accounts_serviceaccount FOR EACH ROW"

TOKEN_TRIGGERS = (
    Trigger(
        "token_wall_insert",
        "tokens_token",
        ("BEFORE INSERT ON tokens_token FOR EACH ROW", _RAISE_POSTGRESQL),
        ("BEFORE INSERT ON tokens_token FOR EACH ROW", _RAISE_SQLITE),
        needs=("accounts_serviceaccount",),
    ),
    Trigger(
        "token_wall_update",
        "tokens_token",
        (
            "BEFORE UPDATE OF organization_id, service_account_id ON tokens_token FOR EACH ROW",
            _RAISE_POSTGRESQL,
        ),
        (
            "BEFORE UPDATE OF organization_id, service_account_id ON tokens_token FOR EACH ROW",
            _RAISE_SQLITE,
        ),
        needs=("accounts_serviceaccount",),
    ),
    Trigger(
        "token_ended_scopes",
        "accounts_serviceaccount",
        (
            f"{_SCOPES_CHANGED} WHEN (OLD.scopes IS DISTINCT FROM NEW.scopes)",
            _KEEP_ENDED.format(now="clock_timestamp()") + " RETURN NULL;",
        ),
        (
            f"{_SCOPES_CHANGED} WHEN OLD.scopes IS NOT NEW.scopes",
            _KEEP_ENDED.format(now="strftime('%Y-%m-%d %H:%M:%f', 'now')"),
        ),
        needs=("tokens_token",),
    ),
    *epoch_triggers(
        "tokens_token",
        (
            "id",
            "organization_id",
            "service_account_id",
            "scopes",
            "digest",
            "key_id",
            "expires_at",
            "revoked_at",
        ),
        digest="digest",
    ),
)
