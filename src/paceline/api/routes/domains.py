"""Sending domains over HTTP: their keys, and the records to publish."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.domains import (
    Activation,
    DomainAnswer,
    Domains,
    KeyAnswer,
    NewDomain,
    NewKeys,
    RecordAnswer,
    Records,
)
from paceline.domain.permission import Permission
from paceline.operations.domains import sending_domains
from paceline.operations.domains.sending_domains import DkimKey, SendingDomain

routes = Routes(tag="domains")


@routes.get("/domains", permission=Permission.ACCOUNTS_READ)
def list_domains(asked: Asked) -> Domains:
    """The sending domains of this workspace by name, with the public halves of their keys."""
    return Domains(items=[_answer(domain) for domain in sending_domains.every(asked.context)])


@routes.post("/domains", permission=Permission.ACCOUNTS_WRITE, status=HTTPStatus.CREATED)
def add_domain(asked: Asked, new: NewDomain) -> DomainAnswer:
    """Add a domain and make its keys; they sign nothing until they are activated."""
    added = sending_domains.add(asked.context, new.domain, new.kinds)
    asked.audit("domain.add", added.id, domain=added.domain, kinds=new.kinds)
    return _answer(added)


@routes.get("/domains/{domain_id}", permission=Permission.ACCOUNTS_READ)
def show_domain(asked: Asked, domain_id: str) -> DomainAnswer:
    """One domain."""
    return _answer(sending_domains.get(asked.context, domain_id))


@routes.delete("/domains/{domain_id}", permission=Permission.ACCOUNTS_WRITE)
def delete_domain(asked: Asked, domain_id: str) -> None:
    """Delete a domain with its keys: its messages are not signed any more."""
    sending_domains.delete(asked.context, domain_id)
    asked.audit("domain.delete", domain_id)


@routes.post("/domains/{domain_id}/keys", permission=Permission.ACCOUNTS_WRITE, status=HTTPStatus.CREATED)
def make_domain_keys(asked: Asked, domain_id: str, new: NewKeys) -> DomainAnswer:
    """Make new keys to replace the former ones, which go on signing until the new ones are activated."""
    changed = sending_domains.new_keys(asked.context, domain_id, new.kinds)
    asked.audit("domain.new_keys", domain_id, domain=changed.domain, kinds=new.kinds)
    return _answer(changed)


@routes.post("/domains/{domain_id}/activate", permission=Permission.ACCOUNTS_WRITE)
def activate_domain_keys(asked: Asked, domain_id: str, how: Activation) -> DomainAnswer:
    """Let the new keys sign, once their records are seen in DNS."""
    changed = sending_domains.activate(asked.context, domain_id, unchecked=how.unchecked)
    asked.audit("domain.activate", domain_id, domain=changed.domain, unchecked=how.unchecked)
    return _answer(changed)


@routes.get("/domains/{domain_id}/records", permission=Permission.ACCOUNTS_READ)
def check_domain_records(asked: Asked, domain_id: str) -> Records:
    """Ask DNS whether the record of each key is published as it should be."""
    return Records(
        items=[
            RecordAnswer(
                record_name=record.key.record_name, state=record.key.state, ok=record.ok, sentence=record.sentence
            )
            for record in sending_domains.check(asked.context, domain_id)
        ]
    )


def _answer(domain: SendingDomain) -> DomainAnswer:
    return DomainAnswer(
        id=domain.id, domain=domain.domain, created_at=domain.created_at, keys=[_key(key) for key in domain.keys]
    )


def _key(key: DkimKey) -> KeyAnswer:
    return KeyAnswer(
        selector=key.selector,
        kind=key.kind,
        state=key.state,
        record_name=key.record_name,
        record_value=key.record_value,
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
    )
