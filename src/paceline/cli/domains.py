"""The commands about sending domains and the keys that sign their messages: domains list, add, show, new-keys, activate, delete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean
from paceline.clock import iso
from paceline.content.dkim import KeyKind
from paceline.operations.domains import sending_domains as operations
from paceline.operations.domains.sending_domains import DkimKey, KeyRecord, SendingDomain
from paceline.store.queue.sending_domains import KeyState

app = typer.Typer(help="Domains that messages come from, and their DKIM keys.", no_args_is_help=True)

DomainArgument = Annotated[
    str, typer.Argument(metavar="DOMAIN", help="The domain behind the @ of From.", show_default=False)
]
KindOption = Annotated[
    list[KeyKind] | None,
    typer.Option("--kind", help="rsa or ed25519; both if given twice; rsa without it.", show_default=False),
]
_COLUMNS = (Column(title="domain", style="bold"), Column(title="signs with"), Column(title="waits for its record"))
_LONGEST_STRING = 255  # of one string in a TXT record (RFC 1035 section 3.3)


@app.command("list")
def list_domains(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every sending domain, and what signs for it."""
    with opened(database) as context:
        found = operations.every(context)
    if as_json:
        print_json_lines(map(_object, found))
    elif found:
        print_table(_COLUMNS, [_row(domain) for domain in found])
    else:
        print_lines(["no sending domain yet: `paceline domains add`; until then the accounts' servers sign, or nobody"])


@app.command()
def add(
    domain: DomainArgument, kind: KindOption = None, as_json: JsonOption = False, database: DatabaseOption = None
) -> None:
    """Make keys for a domain and print the DNS records to publish; they sign once they are activated."""
    with opened(database) as context:
        added = operations.add(context, domain, kind or operations.USUAL_KINDS)
    _print(added, as_json=as_json)


@app.command()
def show(domain: DomainArgument, as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """The keys of a domain, their DNS records, and whether these are published."""
    with opened(database) as context:
        found = operations.named(context, domain)
        records = operations.check(context, found.id)
    _print(found, records, as_json=as_json)


@app.command("new-keys")
def new_keys(
    domain: DomainArgument, kind: KindOption = None, as_json: JsonOption = False, database: DatabaseOption = None
) -> None:
    """Make keys to replace the former ones, which go on signing until the new ones are activated."""
    with opened(database) as context:
        changed = operations.new_keys(context, operations.named(context, domain).id, kind or operations.USUAL_KINDS)
    _print(changed, as_json=as_json)


@app.command()
def activate(
    domain: DomainArgument,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Without asking DNS whether the records are published.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Let the new keys sign, once their records are seen in DNS."""
    with opened(database) as context:
        changed = operations.activate(context, operations.named(context, domain).id, unchecked=unchecked)
    print_lines([f"{changed.domain} signs with {_names(changed, KeyState.ACTIVE)}", *_farewell(changed)])


@app.command()
def delete(domain: DomainArgument, database: DatabaseOption = None) -> None:
    """Take a domain away with its keys: its messages are not signed any more."""
    with opened(database) as context:
        found = operations.named(context, domain)
        operations.delete(context, found.id)
    print_lines([f"{found.domain} is not a sending domain any more; its messages are not signed"])


def _print(domain: SendingDomain, records: list[KeyRecord] | None = None, *, as_json: bool) -> None:
    if as_json:
        print_json(_object(domain, records))
        return
    said = {record.key.selector: record.sentence for record in records or ()}
    for key in domain.keys:
        if key.state is not KeyState.RETIRED:
            print_lines([f"{key.selector} ({key.kind}, {key.state})", *zone_lines(key)])
            print_lines([clean(said[key.selector])] if key.selector in said else [])
    if domain.in_state(KeyState.PENDING):
        print_lines(["", f"Publish what is pending, then: paceline domains activate {domain.domain}"])


def zone_lines(key: DkimKey) -> Iterator[str]:
    """The record as zone files have it: long texts in several strings, which receivers join."""
    value = key.record_value
    strings = [f'"{value[start : start + _LONGEST_STRING]}"' for start in range(0, len(value), _LONGEST_STRING)]
    yield f"  {key.record_name}. IN TXT ( {' '.join(strings)} )"


def _farewell(domain: SendingDomain) -> list[str]:
    retired = domain.in_state(KeyState.RETIRED)
    names = ", ".join(key.record_name for key in retired)
    return [f"leave these records published for a week, then take them away: {names}"] if retired else []


def _names(domain: SendingDomain, state: KeyState) -> str:
    return ", ".join(f"{key.selector} ({key.kind})" for key in domain.in_state(state))


def _row(domain: SendingDomain) -> tuple[str, ...]:
    return domain.domain, _names(domain, KeyState.ACTIVE) or "nothing", _names(domain, KeyState.PENDING)


def _object(domain: SendingDomain, records: list[KeyRecord] | None = None) -> dict[str, Any]:
    published = {record.key.selector: record.ok for record in records or ()}
    return {
        "id": domain.id,
        "domain": domain.domain,
        "created_at": iso(domain.created_at),
        "keys": [
            {
                "selector": key.selector,
                "kind": str(key.kind),
                "state": str(key.state),
                "record_name": key.record_name,
                "record_value": key.record_value,
                "created_at": iso(key.created_at),
                "activated_at": iso(key.activated_at),
                "retired_at": iso(key.retired_at),
                **({} if records is None else {"published": published.get(key.selector)}),
            }
            for key in domain.keys
        ],
    }
