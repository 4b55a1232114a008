"""What crews share: the campaign's sending window, and limits above accounts. Each is one object that all of them ask."""

from __future__ import annotations

from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.rules import LEAST_INTERVAL_SECONDS, OpenHours, Rule, SharedLimits, rules_of


class SharedRules:
    """The rules of a plan that hold for more than one account."""

    def __init__(self, plan: Plan) -> None:
        self._layers = [
            (layer, SharedLimits(rule, layer.title, of_campaign=layer.host is None))
            for layer in plan.layers
            for rule in rules_of(layer.limits, layer.usage, layer.held, at=plan.start, interval=LEAST_INTERVAL_SECONDS)
        ]
        window = () if plan.window is None else (OpenHours(plan.window),)
        self._private: tuple[Rule, ...] = (*window, *(rule for layer, rule in self._layers if layer.of_campaign))

    def private(self) -> tuple[Rule, ...]:
        """Those of the campaign itself."""
        return self._private

    def common(self, host: str) -> tuple[Rule, ...]:
        """Those that hold for whatever an account on this host sends."""
        return tuple(rule for layer, rule in self._layers if layer.host in (None, host) and not layer.of_campaign)
