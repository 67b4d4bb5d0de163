"""A FastAPI service to try the dependency with, served by uvicorn as ``service:app``."""

import os
from typing import Annotated

from fastapi import Depends, FastAPI
from wardkey_dependency import Identity, Wardkey

app = FastAPI()
wardkey = Wardkey(app, os.environ["WARDKEY_URL"])

Anybody = Annotated[Identity, Depends(wardkey())]
Reader = Annotated[Identity, Depends(wardkey(scope="read:releases"))]
Publisher = Annotated[Identity, Depends(wardkey(scope=["read:releases", "write:releases"]))]


@app.get("/me")
async def me(caller: Anybody) -> Identity:
    """Tell any good token whose it is."""
    return caller


@app.get("/releases")
async def releases(caller: Reader) -> dict[str, object]:
    """List the releases of the organization that asks."""
    return {"releases": [], "organization_id": caller.organization_id}


@app.post("/releases/publish", status_code=201)
async def publish(caller: Publisher) -> dict[str, str]:
    """Publish a release; needs both scopes."""
    return {"published_by": caller.service_account_id}


@app.get("/healthz")
async def health() -> dict[str, str]:
    """Say that this service runs."""
    return {"status": "ok"}
