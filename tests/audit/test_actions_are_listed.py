"""The list of actions in ``docs/operate.md`` is what the services write."""

import re

from tests.audit.written import written
from tests.house.tree import ROOT


def test_operators_find_every_action_and_no_other() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = text.partition("## The audit log")[2].partition("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("| "))
    listed = {name for name in re.findall(r"`([^`]+)`", table) if "." in name}
    assert len(listed) > 15
    assert listed == written()
