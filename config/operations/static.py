"""Static files: hashed names where they have been collected, plain ones before."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, which before ``collectstatic`` gives files by their own names."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """Return the hashed name, or the plain one while nothing has been collected."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
