"""What a person wants to be told by mail, over HTTP."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Access, Routes
from paceline.api.schemas.webhooks import MailChoice, MailPreferencesAnswer
from paceline.operations.notifications import notifying
from paceline.operations.notifications.notifying import MailPreferences

routes = Routes(tag="notifications")


@routes.get("/notification-preferences", permission=Access.PERSON)
def show_notification_preferences(asked: Asked) -> MailPreferencesAnswer:
    """What you are told by mail in this workspace."""
    return _answer(notifying.mail_preferences(asked.context, asked.principal.id))


@routes.put("/notification-preferences", permission=Access.PERSON)
def choose_notifications(asked: Asked, choice: MailChoice) -> MailPreferencesAnswer:
    """Be told of these events by mail in this workspace, and of no others."""
    return _answer(notifying.choose_mail(asked.context, asked.principal.id, choice.events))


def _answer(preferences: MailPreferences) -> MailPreferencesAnswer:
    return MailPreferencesAnswer(events=list(preferences.events), mail_is_set_up=preferences.mail_is_set_up)
