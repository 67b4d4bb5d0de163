"""The project's written pages, as the tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("docs", "examples", "benchmarks")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
)
"""Every Markdown page that belongs to the project."""

_FENCE = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)


def name_of(page: Path) -> str:
    """Return the page's path in the project, for the name of a test."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return the page's text without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def table_rows(page: str) -> dict[str, list[str]]:
    """Return the rows of ``docs/<page>`` that begin with a name in backticks: its cells by it."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    return {row[0].strip("`"): row[1:] for row in cells}
