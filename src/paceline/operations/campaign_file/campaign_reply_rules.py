"""The [[reply_rules]] of a campaign file: what is suspended or slowed down when providers answer so."""

from __future__ import annotations

from collections.abc import Mapping

from paceline.domain.reply_rule import ReplyRule, RuleAction, RuleScope
from paceline.operations.campaign_file.campaign_fields import REPLY_RULES, read_section
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_PATTERNS = ("code", "enhanced", "text")


def read_reply_rules(document: Document) -> tuple[ReplyRule, ...]:
    """The rules of the file, each name once."""
    tables = document.table.get("reply_rules", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        message = f"accepts one [[reply_rules]] block per rule, with two brackets on each side, got {shown(tables)}"
        document.refuse(("reply_rules",), message)
        return ()
    found: dict[str, ReplyRule] = {}
    for index, table in enumerate(tables):
        rule = _rule(document, ("reply_rules", index), table)
        if rule is None:
            continue
        if rule.name in found:
            document.refuse(("reply_rules", index, "name"), f"{rule.name} is there twice; accepts one block for each")
        found[rule.name] = rule
    return tuple(found.values())


def _rule(document: Document, path: TomlPath, table: Mapping[str, object]) -> ReplyRule | None:
    values = read_section(document, path, table, REPLY_RULES)
    if len(values) < len(REPLY_RULES.fields):
        return None
    if not any(values[name].strip("*") for name in _PATTERNS):
        document.refuse((*path, "text"), f"it matches every answer: accepts at least one of {', '.join(_PATTERNS)}")
    action, count_by = values["action"], values.pop("count_by")
    if action is RuleAction.LOWER and count_by is RuleScope.DOMAIN:
        message = 'a domain has no pace to lower: accepts "suspend", or a limit for the domain'
        document.refuse((*path, "action"), message)
    if "share" in table and action is not RuleAction.LOWER:
        document.refuse((*path, "share"), 'belongs to action = "lower"')
    if "for_seconds" in table and action is RuleAction.PAUSE:
        document.refuse((*path, "for_seconds"), "a paused campaign waits for a person: leave it out")
    return ReplyRule(**values, scope=count_by)
