"""The text with which an act would replace that of the desk, and what that changes."""

from dataclasses import dataclass

from claims.desk import approvals, restoring
from claims.desk.admin.acts import DeskAct
from claims.desk.admin.situation import Situation
from claims.record.body import cited, unsigned
from claims.record.differences import Change, between


@dataclass(frozen=True)
class Replacement:
    """The text that would replace the desk's: the choice of earlier ones, the chosen one, and what it changes.

    `why_unseen` says why the person may not see the chosen text. Empty if they may.
    """

    offered: list[restoring.Earlier]
    chosen: str
    changes: list[Change]
    why_unseen: str = ""


def replacement_of(act: DeskAct, situation: Situation, chosen: str) -> Replacement | None:
    """What discarding or restoring would change of the desk's text. None for other acts."""
    if act.name not in {"discard", "restore"}:
        return None
    now = restoring.text_of(situation.claim)
    if act.name == "discard":
        return Replacement([], "", between(now, situation.shown.revision.content) if situation.shown else [])
    offered = [one for one in restoring.earlier(situation.claim) if unsigned(one.content) != now]
    found = next((one for one in offered if one.name == chosen), None)
    if found is None:
        return Replacement(offered, "", [])
    why = approvals.why_unseen_text(situation.claim, {card["slug"] for card in cited(found.content)}, situation.by)
    return Replacement(offered, found.name, [] if why else between(now, found.content), why)
