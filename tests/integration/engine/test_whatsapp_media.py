"""Files that go with WhatsApp messages: uploaded once by each number, used again, uploaded anew when they are lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paceline.channels.base import Letter
from paceline.channels.whatsapp.channel import WhatsAppChannel
from paceline.channels.whatsapp.media import Content, form
from paceline.channels.whatsapp.media_shelf import QueueMediaShelf
from paceline.channels.whatsapp.messages import encode, header, media, template_message
from paceline.content.whatsapp_media import files_of, marked, with_files
from paceline.domain.account import AccountState
from paceline.domain.errors import InputError
from paceline.domain.outcome import Accepted, Outcome, Refused, Returned, TroubleKind
from paceline.operations.campaigns import files
from paceline.operations.campaigns.explaining import explain
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from paceline.sandbox.whatsapp_uploads import read_upload
from surroundings.numbers import deliver, number_on, simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
DAY = 86_400.0


def letter(file_id: str, recipient: int = 0) -> Letter:
    """A template with a picture of ours."""
    components = [header(media("image", file=file_id))]
    to = f"+1650555{recipient:04d}"
    shape = template_message(to, "promo", "en_US", with_files(components, marked), reference=f"m{recipient}")
    named = tuple(file for _, file in files_of(components))
    return Letter(sender="1", recipient=to, data=encode(shape), template="promo/en_US", media=named)


def used(server: WhatsAppSandbox) -> list[str]:
    """The ids of the pictures that have arrived."""
    documents = [one.document for one in server.inbox.arrivals if one.document]
    return [one["template"]["components"][0]["parameters"][0]["image"]["id"] for one in documents]


class Numbers:
    """Sends pictures through one number; each number of sessions and moments is a channel of its own."""

    def __init__(self, context: Context, server: WhatsAppSandbox) -> None:
        self.now = 1_000_000.0
        self._context = context
        self._server = server

    async def send(self, *letters: Letter, account_id: int = 1, **number: Any) -> list[Outcome]:
        shelf = QueueMediaShelf(self._context.queue, self._context.ids, lambda: self.now)
        channel = WhatsAppChannel(shelf=shelf)
        account = replace(number_on(self._server.url, **number), id=account_id)
        sessions = [await channel.connect(account) for _ in letters]
        outcomes = await asyncio.gather(
            *(deliver(session, one) for session, one in zip(sessions, letters, strict=True))
        )
        for session in sessions:
            await session.close()
        return outcomes


def test_a_file_is_uploaded_once_by_each_number_and_again_before_it_expires(context: Context) -> None:
    async def story() -> None:
        async with simulator(keep_documents=True) as server:
            numbers = Numbers(context, server)
            file_id = files.upload(context, "sale.jpg", JPEG).id
            sent = await numbers.send(*(letter(file_id, n) for n in range(5)))
            assert [type(one) for one in sent] == [Accepted] * 5
            (upload,) = server.inbox.uploads
            assert (upload.name, upload.media_type, upload.data) == ("sale.jpg", "image/jpeg", JPEG)
            assert used(server) == [upload.media_id] * 5
            await numbers.send(letter(file_id, 5))  # a new process knows it
            await numbers.send(letter(files.upload(context, "other name.jpg", JPEG).id, 6))  # the same picture
            assert len(server.inbox.uploads) == 1
            await numbers.send(letter(file_id, 7), account_id=2, phone_number_id="999")
            assert [one.number for one in server.inbox.uploads] == ["106540352242922", "999"]
            await numbers.send(letter(file_id, 8), account_id=3)  # another workspace's, with the same phone number
            assert len(server.inbox.uploads) == 3
            numbers.now += 29.5 * DAY
            await numbers.send(letter(file_id, 9))
            assert len(server.inbox.uploads) == 4
            assert used(server)[-1] == server.inbox.uploads[-1].media_id

    asyncio.run(story())


def test_a_file_that_the_provider_has_lost_is_uploaded_anew(context: Context) -> None:
    async def story() -> None:
        async with simulator(keep_documents=True) as server:
            numbers = Numbers(context, server)
            file_id = files.upload(context, "sale.jpg", JPEG).id
            await numbers.send(letter(file_id, 0))
            server.inbox.uploads[0] = replace(server.inbox.uploads[0], number="other")
            (lost,) = await numbers.send(letter(file_id, 1))
            assert isinstance(lost, Returned)
            assert lost.template_stop is not None
            (again,) = await numbers.send(letter(file_id, 2))
            assert isinstance(again, Accepted)
            assert len(server.inbox.uploads) == 2

    asyncio.run(story())


def test_what_cannot_be_uploaded_sends_nothing(context: Context) -> None:
    async def story() -> None:
        async with simulator() as server:
            numbers = Numbers(context, server)
            document = files.upload(context, "notes.txt", b"Just a text").id
            (refused,) = await numbers.send(letter(document))
            assert isinstance(refused, Refused)
            assert "text/plain are not supported" in refused.reply
            file_id = files.upload(context, "sale.jpg", JPEG).id
            files.delete(context, file_id)
            (gone,) = await numbers.send(letter(file_id))
            assert isinstance(gone, Refused)
            assert "was deleted" in gone.reply
            file_id = files.upload(context, "sale.jpg", JPEG).id
        (unreachable,) = await numbers.send(letter(file_id))  # the simulator is gone
        assert isinstance(unreachable, Returned)
        assert unreachable.trouble is not None
        assert "the upload of sale.jpg: cannot connect" in unreachable.trouble.reason
        assert not server.inbox.arrivals

    asyncio.run(story())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (WhatsAppRule(uploads=True, answer=Answer.ERROR, status=503, code=131016), "131016: "),
        (WhatsAppRule(uploads=True, answer=Answer.HTML, status=502), "HTTP 502"),
        (WhatsAppRule(uploads=True, answer=Answer.RESET), "the upload of sale.jpg"),
    ],
    ids=["error", "page", "reset"],
)
def test_a_failing_upload_is_the_numbers_trouble_and_is_not_tried_again_by_each_message(
    context: Context, rule: WhatsAppRule, words: str
) -> None:
    async def story() -> None:
        async with simulator(rules=(rule,)) as server:
            file_id = files.upload(context, "sale.jpg", JPEG).id
            outcomes = await Numbers(context, server).send(*(letter(file_id, n) for n in range(5)))
            for one in outcomes:
                assert isinstance(one, Returned)
                assert one.trouble is not None
                assert one.trouble.kind is TroubleKind.FAILING
                assert "the upload of sale.jpg" in one.trouble.reason
                assert words in one.trouble.reason
            assert server.inbox.requests == 1
            assert not server.inbox.arrivals

    asyncio.run(story())


def test_explain_says_that_the_upload_fails_and_nobody_fails_for_it(context: Context, tmp_path: Path) -> None:
    (tmp_path / "sale.jpg").write_bytes(JPEG)
    template = 'name = "promo"\nlanguage = "en_US"\nparameters = { header = { image = { file = "sale.jpg" } } }\n'

    async def story() -> None:
        rule = WhatsAppRule(uploads=True, first=4, answer=Answer.ERROR, status=503, code=131016)
        async with simulator(rules=(rule,)) as server:
            path = write_whatsapp_campaign(
                tmp_path, server.url, contacts=4, templates=(template,), messages_per_second=1000
            )
            async with Sending(context, path, environment=ENVIRONMENT) as sending:
                shown = await sending.until(lambda seen: seen.accounts[0].state is AccountState.BACKING_OFF)
                assert "the upload of sale.jpg: 131016" in (shown.accounts[0].reason or "")
                (cause,) = await asyncio.to_thread(explain, context, "test")
                assert "the upload of sale.jpg: 131016" in cause.sentence
                assert (await sending.end()).counts["sent"] == 4

    asyncio.run(story())


def test_names_of_files_cannot_break_out_of_the_form() -> None:
    kind, body = form(Content('a"; name="type.jpg', "image/jpeg", JPEG + b"\r\n--"))
    assert read_upload(kind, body) == {
        "name": "a_; name=_type.jpg",
        "media_type": "image/jpeg",
        "data": JPEG + b"\r\n--",
    }


def test_a_campaign_file_names_its_pictures(context: Context, tmp_path: Path) -> None:
    (tmp_path / "sale.jpg").write_bytes(JPEG)
    template = 'name = "promo"\nlanguage = "en_US"\nparameters = { header = { image = { file = "%s" } } }\n'

    async def story() -> None:
        async with simulator(keep_documents=True) as server:

            def write(name: str, key: str) -> Path:
                templates = (template % name,)
                return write_whatsapp_campaign(
                    tmp_path, server.url, contacts=4, key=key, templates=templates, messages_per_second=1000
                )

            for name, words in (
                ("none.jpg", "does not exist"),
                ("test.csv", "is text/csv; WhatsApp accepts image/jpeg"),
            ):
                (tmp_path / "test.csv").write_text("phone\n")
                with pytest.raises(InputError, match=words):
                    async with Sending(context, write(name, "broken"), environment=ENVIRONMENT) as sending:
                        await sending.end()
            async with Sending(context, write("sale.jpg", "test"), environment=ENVIRONMENT) as sending:
                assert (await sending.end()).counts["sent"] == 4
            assert used(server) == [server.inbox.uploads[0].media_id] * 4
            assert len(server.inbox.uploads) == 1

    asyncio.run(story())
