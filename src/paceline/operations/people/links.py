"""One-time links that people open: where they lead, how long they work, and what is said when they do not."""

from __future__ import annotations

from paceline.operations.context import Context, NotFound
from paceline.operations.people.access import new_secret
from paceline.store.catalogue.one_time_links import LinkPurpose

DAY_SECONDS = 86_400.0
LIFE_SECONDS = {
    LinkPurpose.FIRST_USER: 7 * DAY_SECONDS,
    LinkPurpose.INVITATION: 7 * DAY_SECONDS,
    LinkPurpose.PASSWORD_RESET: DAY_SECONDS / 24,
}
_PAGES = {
    LinkPurpose.FIRST_USER: "setup",
    LinkPurpose.INVITATION: "invitation",
    LinkPurpose.PASSWORD_RESET: "password-reset",
}


class LinkEnded(NotFound):
    """A one-time link that does not work, or no longer."""

    def __init__(self) -> None:
        super().__init__("this link does not work: it was used already, replaced by a newer one, or is too old")


def new_link(context: Context, purpose: LinkPurpose) -> tuple[str, str]:
    """A link to give to a person, and the hash of its token to store. Nothing is stored here."""
    secret = new_secret()
    return f"{context.settings.public_url}/{_PAGES[purpose]}?token={secret.value}", secret.hash
