"""The audience that a campaign file names, read for its channel."""

from __future__ import annotations

from functools import partial

from paceline.audience.audience import Audience, open_audience
from paceline.audience.contact import Contact
from paceline.domain.phone import parse_phone
from paceline.operations.campaign_file.campaign_file import CampaignFile

_COUNTED_AT_ONCE = 2000


def open_campaign_audience(file: CampaignFile) -> Audience:
    """The audience, to be closed; its address column holds e-mail addresses or phone numbers. Raises InputError."""
    if file.channel == "whatsapp":
        parse = partial(parse_phone, country=file.default_country)
        return open_audience(file.audience, address_column="phone", parse_address=parse, address_key=str)
    return open_audience(file.audience)


def count_contacts(file: CampaignFile) -> int:
    """How many contacts the audience of a campaign file has."""
    with open_campaign_audience(file) as audience:
        return sum(isinstance(row, Contact) for part in audience.batches(_COUNTED_AT_ONCE) for row in part)
