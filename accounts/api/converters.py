"""The segments of an address that can name a thing."""

from accounts.slugs import MOST, PATTERN, is_slug


class SlugSegment:
    """A segment that can be a slug; another one names nothing, and the router answers 404."""

    regex = PATTERN

    def to_python(self, value: str) -> str:
        """Return the slug, or refuse one that is too long."""
        if not is_slug(value):
            raise ValueError(f"longer than {MOST} characters")
        return value

    def to_url(self, value: str) -> str:
        """Return it unchanged."""
        return value
