"""Reply rules as people see and set them: what is suspended, slowed down or paused when providers answer so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paceline.chores import limit_resumer
from paceline.clock import iso
from paceline.domain.errors import InputError, Problem
from paceline.domain.reply_rule import ReplyRule, RuleScope
from paceline.domain.restraint import Restraint
from paceline.operations.campaign_file.campaign_reply_rules import read_reply_rules
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlLines
from paceline.operations.context import Context, NotFound
from paceline.operations.ids import number_of, unknown
from paceline.store.public_ids import IdKind
from paceline.store.queue import account_records, campaigns, reply_rules, restraints
from paceline.store.queue.reply_rules import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Something that a rule holds back now: an account or a server by its name, a domain, a campaign by its key."""

    what: str
    name: str
    rate_per_minute: float | None
    """None: nothing is sent."""
    reason: str
    until_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRule:
    """One rule, and what it holds back now."""

    id: str
    name: str
    code: str
    enhanced: str
    text: str
    count_by: str
    after: int
    within_seconds: float
    action: str
    for_seconds: float
    share: float
    holds: tuple[HeldBack, ...]

    def to_json(self) -> dict[str, Any]:
        """As the command line shows it."""
        values = asdict(self)
        values["holds"] = [{**one, "until_at": iso(one["until_at"])} for one in values["holds"]]
        return values


def list_rules(context: Context) -> list[SetRule]:
    """Every rule of the workspace by name, with what it holds back now."""
    with context.queue.read() as connection:
        rows = reply_rules.every(connection, workspace_id=context.workspace_id)
        held = restraints.by_rule(connection, workspace_id=context.workspace_id, now=context.clock.now())
        return [_shown(context, connection, row, held.get(row.id, [])) for row in rows]


def set_rule(context: Context, values: Mapping[str, Any]) -> SetRule:
    """Set a rule by its name and the fields of a [[reply_rules]] block; what is not given is as by default.

    Holds within a second in every process; what the former rule of this name had counted and held back is over. The same
    rule again changes nothing. Raises InputError that names the field.
    """
    rule = _read(values)
    with context.queue.write() as connection:
        reply_rules.save(connection, rule, workspace_id=context.workspace_id, now=context.clock.now())
    _look_at_paused(context)
    return next(one for one in list_rules(context) if one.name == rule.name)


def matches(values: Mapping[str, Any], answer: str) -> bool:
    """Whether a rule with these fields of ``set_rule`` counts an answer. Raises InputError that names the field."""
    return _read({"name": "tried", **values}).matches(answer)


def remove_rule(context: Context, rule_id: str) -> SetRule:
    """Take a rule away; what it holds back goes on. Returns what it was. Raises NotFound."""
    return _end(context, rule_id, remove=True)


def lift(context: Context, rule_id: str) -> SetRule:
    """What a rule holds back goes on at once, and the rule counts anew. Returns what it was. Raises NotFound."""
    return _end(context, rule_id, remove=False)


def id_of(context: Context, name: str) -> str:
    """The public id of the rule of this name. Raises NotFound."""
    with context.queue.read() as connection:
        row = reply_rules.find(connection, name, workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"there is no reply rule {name[:100]!r}; `paceline rules list` shows them")
    return context.ids.encode(IdKind.REPLY_RULE, row.id)


def _end(context: Context, rule_id: str, *, remove: bool) -> SetRule:
    number, now = number_of(context, IdKind.REPLY_RULE, rule_id), context.clock.now()
    with context.queue.write() as connection:
        row = reply_rules.get(connection, number, workspace_id=context.workspace_id)
        if row is None:
            raise unknown(IdKind.REPLY_RULE, rule_id)
        held = restraints.by_rule(connection, workspace_id=context.workspace_id, now=now)
        shown = _shown(context, connection, row, held.get(number, []))
        if remove:
            reply_rules.remove(connection, number, now=now)
        else:
            reply_rules.forget_answers(connection, number)
            restraints.lift(connection, number, now=now)
    _look_at_paused(context)
    return shown


def _look_at_paused(context: Context) -> None:
    """Campaigns that paused because of a rule may go on."""
    limit_resumer.pause_or_resume_all(context.queue, now=context.clock.now(), paused_too=True)


def _read(values: Mapping[str, Any]) -> ReplyRule:
    document = Document(Path("rule"), {"reply_rules": [dict(values)]}, TomlLines(""))
    found = read_reply_rules(document)
    try:
        document.raise_problems()
    except InputError as error:
        problems = [(problem, (problem.field or "").rpartition(".")[2]) for problem in error.problems]
        raise InputError([Problem(file="rule", field=f or None, message=p.message) for p, f in problems]) from None
    (rule,) = found
    return rule


def _shown(context: Context, connection: Connection, row: RuleRow, held: list[Restraint]) -> SetRule:
    values = asdict(row.rule)
    scope = values.pop("scope")
    holds = tuple(
        HeldBack(
            what=str(one.scope),
            name=_name(context, connection, one),
            rate_per_minute=one.rate_per_minute,
            reason=one.reason,
            until_at=one.until_at,
        )
        for one in held
    )
    return SetRule(
        **{**values, "action": str(row.rule.action)},
        id=context.ids.encode(IdKind.REPLY_RULE, row.id),
        count_by=str(scope),
        holds=holds,
    )


def _name(context: Context, connection: Connection, one: Restraint) -> str:
    """What a person calls it."""
    found: str | None = one.target
    if one.scope is RuleScope.ACCOUNT:
        record = account_records.get(connection, int(one.target), workspace_id=context.workspace_id)
        found = None if record is None else record.standing.name
    elif one.scope is RuleScope.CAMPAIGN:
        found = campaigns.key_of(connection, int(one.target), workspace_id=context.workspace_id)
    return one.target if found is None else found
