"""What one transaction of an import does: new contacts, changes of known ones, and their subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection

from paceline.audience.contact import RefusedRow, refused
from paceline.audience.contact_parts import PartContact
from paceline.domain.contact import SubscriptionMove, check_fields, merge_fields
from paceline.domain.contact_import import ImportMode
from paceline.domain.errors import StoreUnavailable
from paceline.store.catalogue import contact_batches, subscriptions
from paceline.store.catalogue.contact_batches import ChangedContact, Identity, KnownContact
from paceline.store.catalogue.imports import ImportRow
from paceline.store.database import Database

_SOURCE = "import"
ERASED = "this person was erased and comes back only after `paceline suppression lift`"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What became of the contacts of one transaction."""

    counts: Mapping[str, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)


class ImportStep:
    """Writes contacts of one import; the transaction is the caller's."""

    def __init__(
        self, database: Database, row: ImportRow, *, by_phone: bool, forgotten: Callable[[list[str]], set[str]]
    ) -> None:
        """``forgotten`` says which of some addresses were erased."""
        self._forgotten = forgotten
        self._database = database
        self._workspace_id = row.workspace_id
        self._list_id = row.list_id
        self._mode = ImportMode(row.options.get("mode", ImportMode.UPDATE))
        self._move = SubscriptionMove(row.options.get("move", SubscriptionMove.ADD))
        self._identity = Identity.PHONE if by_phone else Identity.EMAIL

    def write(self, connection: Connection, contacts: list[PartContact], *, now: float) -> StepResult:
        """Create, change and subscribe; ``contacts`` ascend by what they are known by, each once."""
        if not contacts:
            return StepResult()
        contacts, erased = self._without_erased(contacts)
        contacts = self._with_free_phones(connection, contacts)
        new = contact_batches.add(
            connection,
            self._database,
            [self._new(contact) for contact in contacts],
            identity=self._identity,
            workspace_id=self._workspace_id,
            now=now,
        )
        others = [contact for contact in contacts if contact[0] not in new] if len(new) < len(contacts) else []
        numbers, refused_rows = self._change(connection, others, now=now)
        if self._list_id is not None:
            subscriptions.add_many(
                connection,
                self._database,
                sorted([*new.values(), *numbers]),
                list_id=self._list_id,
                what=self._move,
                source=_SOURCE,
                now=now,
            )
        counts = {"imported": len(new), "updated": len(others) - len(refused_rows)}
        refused_rows += erased
        return StepResult(counts={**counts, "refused": len(refused_rows)}, refused=refused_rows)

    def _without_erased(self, contacts: list[PartContact]) -> tuple[list[PartContact], list[RefusedRow]]:
        """Who was erased does not come back by a file."""
        addresses = [address for contact in contacts for address in (contact[0], contact[3]) if address]
        gone = self._forgotten(addresses)
        if not gone:
            return contacts, []
        kept = [contact for contact in contacts if contact[0] not in gone and contact[3] not in gone]
        staying = {contact[0] for contact in kept}
        return kept, [
            refused(contact[1], ERASED, (contact[2], *orjson.loads(contact[4]).values()))
            for contact in contacts
            if contact[0] not in staying
        ]

    def _new(self, contact: PartContact) -> contact_batches.NewContact:
        key, _line, address, phone, fields = contact
        written = orjson.Fragment(fields)
        return (None, None, key, written) if self._identity is Identity.PHONE else (address, key, phone, written)

    def _with_free_phones(self, connection: Connection, contacts: list[PartContact]) -> list[PartContact]:
        """A phone number that is another contact's already stays a field: it tells nobody apart."""
        if self._identity is Identity.PHONE or not any(contact[3] for contact in contacts):
            return contacts
        phones = sorted({contact[3] for contact in contacts if contact[3]})
        owners = contact_batches.phone_owners(connection, self._database, phones, workspace_id=self._workspace_id)
        kept = []
        for key, line, address, phone, fields in contacts:
            if phone and owners.setdefault(phone, key) != key:
                fields = orjson.dumps({**orjson.loads(fields), "phone": phone}).decode()
                phone = None
            kept.append((key, line, address, phone, fields))
        return kept

    def _change(
        self, connection: Connection, contacts: list[PartContact], *, now: float
    ) -> tuple[list[int], list[RefusedRow]]:
        """Change those that were there before; returns their numbers, and the rows that are refused."""
        if not contacts:
            return [], []
        known = contact_batches.known(
            connection,
            self._database,
            [contact[0] for contact in contacts],
            identity=self._identity,
            workspace_id=self._workspace_id,
        )
        numbers, changed, refused_rows = [], [], []
        for contact in contacts:
            present = known.get(contact[0])
            if present is None:
                raise StoreUnavailable("a contact was deleted at this moment")  # the same rows once more, then
            after = self._changed(present, contact)
            problem = check_fields(after.fields) if after else None
            if problem:
                refused_rows.append(refused(contact[1], problem, (contact[2], *orjson.loads(contact[4]).values())))
                continue
            numbers.append(present[0])
            if after:
                changed.append(after)
        if changed:
            contact_batches.change(connection, self._database, changed, now=now)
        return numbers, refused_rows

    def _changed(self, present: KnownContact, contact: PartContact) -> ChangedContact | None:
        """What the row makes of a contact; None when it changes nothing."""
        number, phone, written = present
        new_phone = phone if self._identity is Identity.PHONE else contact[3] or phone
        if self._mode is ImportMode.ADD or (written == contact[4] and new_phone == phone):
            return None
        before: dict[str, str] = orjson.loads(written)
        given: dict[str, str] = orjson.loads(contact[4])
        fields = given if self._mode is ImportMode.REPLACE else merge_fields(before, given)
        if fields == before and new_phone == phone:
            return None
        return ChangedContact(id=number, phone=new_phone, fields=fields)
