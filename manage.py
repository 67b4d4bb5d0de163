"""Django's command line."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name; settings that cannot be used are one line.

    What a command writes is for its owner alone.
    """
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # After the default, which they read.
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(f"Not configured: {fault}")


if __name__ == "__main__":
    main()
