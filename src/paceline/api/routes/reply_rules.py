"""Reply rules over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.reply_rules import ReplyRule, ReplyRuleAnswer, ReplyRules, TriedAnswer, TriedPattern
from paceline.domain.permission import Permission
from paceline.operations.accounts import reply_rules
from paceline.operations.accounts.reply_rules import SetRule

routes = Routes(tag="reply rules")


@routes.get("/reply-rules", permission=Permission.ACCOUNTS_READ)
def list_reply_rules(asked: Asked) -> ReplyRules:
    """Every reply rule of this workspace, and what each of them holds back now."""
    return ReplyRules(items=[_answer(one) for one in reply_rules.list_rules(asked.context)])


@routes.put("/reply-rules", permission=Permission.ACCOUNTS_WRITE)
def set_reply_rule(asked: Asked, rule: ReplyRule) -> ReplyRuleAnswer:
    """Set a reply rule by its name. Holds within a second; what the former one of this name held back is over."""
    values = rule.model_dump(exclude_none=True)
    found = reply_rules.set_rule(asked.context, values)
    asked.audit("reply_rule.set", found.id, rule=values)
    return _answer(found)


@routes.post("/reply-rules/try", permission=Permission.ACCOUNTS_READ)
def try_reply_pattern(asked: Asked, tried: TriedPattern) -> TriedAnswer:
    """Whether a pattern matches an answer of a provider; nothing is stored."""
    pattern = tried.model_dump(exclude={"answer"})
    return TriedAnswer(matches=reply_rules.matches(pattern, tried.answer))


@routes.post("/reply-rules/{rule_id}/lift", permission=Permission.ACCOUNTS_WRITE)
def lift_reply_rule(asked: Asked, rule_id: str) -> ReplyRuleAnswer:
    """What a reply rule holds back goes on at once, and it counts anew; the answer is what it was before."""
    found = reply_rules.lift(asked.context, rule_id)
    asked.audit("reply_rule.lift", rule_id, name=found.name)
    return _answer(found)


@routes.delete("/reply-rules/{rule_id}", permission=Permission.ACCOUNTS_WRITE)
def remove_reply_rule(asked: Asked, rule_id: str) -> None:
    """Take a reply rule away; what it holds back goes on at once."""
    found = reply_rules.remove_rule(asked.context, rule_id)
    asked.audit("reply_rule.remove", rule_id, name=found.name)


def _answer(found: SetRule) -> ReplyRuleAnswer:
    return ReplyRuleAnswer.model_validate(asdict(found))
