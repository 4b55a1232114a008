"""Preflight: what DNS says of the sender, what recipients lack, what is broken; errors block the start, warnings do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paceline.cli.main import run
from paceline.content.dkim import KeyKind
from paceline.domain.errors import InputError
from paceline.domain.finding import Finding, Severity
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns import preflight
from paceline.operations.campaigns.preparing import prepare
from paceline.operations.context import Context
from paceline.operations.domains import sending_domains
from paceline.operations.domains.dns_findings import Posture, dns_findings
from paceline.outbound.dns import Dns
from surroundings.name_server import NameServer, name_server
from surroundings.sending import opened, write_campaign

HTML = (
    "<p>Hello {{ contact.first_name }}, the spring menu is here, with asparagus from the fields around.</p>"
    '<a href="https://example.com/menu">Menu</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
)
GOOD = {
    ("example.com", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 include:_spf.relay.example -all"'],
    ("_spf.relay.example", "TXT"): ['"v=spf1 a:mx.relay.example ip6:2001:db8::/32 ~all"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:dmarc@example.com"'],
    ("example.com", "MX"): ["10 mx.example.com."],
    ("smtp.relay.example", "A"): ["9.9.9.9"],
    ("9.9.9.9.in-addr.arpa", "PTR"): ["out.relay.example."],
    ("out.relay.example", "A"): ["9.9.9.9"],
}


@pytest.fixture
def names() -> Iterator[NameServer]:
    with name_server(GOOD) as server:
        yield server


@pytest.fixture
def context(sqlite_url: str, tmp_path: Path, names: NameServer) -> Iterator[Context]:
    """One database is enough here: what is asked of it is tested where it is asked on both."""
    with opened(sqlite_url, tmp_path, dns_servers=names.setting, dns_timeout_seconds=5.0) as context:
        yield context


def campaign(
    folder: Path,
    *,
    html: str = HTML,
    host: str = "smtp.relay.example",
    csv: str = "email,first_name\nann@example.org,Ann\n",
    **tracking: Any,
) -> Path:
    account = {"host": host, "port": 587, "security": "starttls"}
    path = write_campaign(folder, contacts=1, accounts=[account])
    (folder / "test.csv").write_text(csv)
    (folder / "body.html").write_text(html)
    tracking = {"base_url": "https://news.example.com", "bounce_address": "bounce@example.com", **tracking}
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in tracking.items())
    words = path.read_text().replace('text = "body.txt"', 'html = "body.html"')
    path.write_text(words.replace("[[accounts]]", f"[tracking]\n{table}\n\n[[accounts]]", 1))
    return path


def signed(context: Context, names: NameServer, domain: str = "example.com") -> sending_domains.SendingDomain:
    added = sending_domains.add(context, domain, [KeyKind.ED25519])
    names.publish(added.keys[0].record_name, added.keys[0].record_value)
    return sending_domains.activate(context, added.id)


def found(context: Context, path: Path) -> list[Finding]:
    return list(preflight.of_file(context, read_campaign_file(path, {})).findings)


def brief(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(str(finding.severity), finding.rule) for finding in findings]


def test_campaign_with_everything_in_place_has_no_finding(context: Context, names: NameServer, tmp_path: Path) -> None:
    signed(context, names)
    assert found(context, campaign(tmp_path)) == []


def asked(context: Context, **posture: Any) -> list[Finding]:
    usual = {"from_domains": ("example.com",), "envelope_domain": None, "servers": (), "domains": ()}
    return dns_findings(Dns(context.settings), Posture(**{**usual, **posture}), seconds=30)


@pytest.mark.parametrize(
    ("place", "texts", "severity", "rule", "said"),
    [
        (("example.com", "TXT"), [], "warning", "spf", "no SPF record"),
        (("example.com", "TXT"), ['"v=spf1 -all"', '"v=spf1 ~all"'], "error", "spf", "2 SPF records"),
        (("example.com", "TXT"), ['"v=spf1 +all"'], "warning", "spf", "lets everybody send"),
        (("example.com", "TXT"), ['"v=spf1 a mx"'], "warning", "spf", "refuses nobody"),
        (("example.com", "TXT"), ['"v=spf1 ip4:300.1.1.1 -all"'], "error", "spf", "no network"),
        (("example.com", "TXT"), ['"v=spf1 inclued:x.example -all"'], "error", "spf", "no term of SPF"),
        (("example.com", "TXT"), ['"v=spf1 include:gone.example -all"'], "error", "spf", "has no SPF records"),
        (("example.com", "TXT"), ['"v=spf1 include:example.com -all"'], "error", "spf", "10 DNS lookups"),
        (("example.com", "TXT"), ['"v=spf1 a mx a:b.c a:b.c a:b.c a:b.c a:b.c a:b.c a:b.c a:b.c mx:b.c -all"'], "error", "spf", "10 DNS lookups"),
        (("_dmarc.example.com", "TXT"), [], "warning", "dmarc", "publishes no DMARC"),
        (("_dmarc.example.com", "TXT"), ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'], "warning", "dmarc", "2 records"),
        (("_dmarc.example.com", "TXT"), ['"v=DMARC1; p=never"'], "warning", "dmarc", "no policy"),
        (("example.com", "MX"), [], "warning", "mx", "takes no mail"),
        (("example.com", "MX"), ["0 ."], "warning", "mx", "takes no mail"),
        (("9.9.9.9.in-addr.arpa", "PTR"), [], "warning", "ptr", "has no reverse name"),
        (("9.9.9.9.in-addr.arpa", "PTR"), ["other.relay.example."], "warning", "ptr", "does not lead back"),
        (("smtp.relay.example", "A"), [], "warning", "ptr", "no address in DNS"),
    ],
)  # fmt: skip
def test_each_record_that_is_wrong_is_told(
    context: Context, names: NameServer, place: tuple[str, str], texts: list[str], severity: str, rule: str, said: str
) -> None:
    domain = signed(context, names)
    names.records[place] = texts
    (finding,) = asked(context, domains=(domain,), servers=(("smtp.relay.example", True),))
    assert (finding.severity, finding.rule) == (severity, rule)
    assert said in finding.sentence


def test_our_signature_that_nobody_could_verify_blocks_the_start(
    context: Context, names: NameServer, tmp_path: Path
) -> None:
    domain = signed(context, names)
    path = campaign(tmp_path)
    names.records[domain.keys[0].record_name, "TXT"] = []
    (finding,) = found(context, path)
    assert (finding.severity, finding.rule) == (Severity.ERROR, "dkim")
    with pytest.raises(InputError, match="our signatures cannot be verified"):
        prepare(context, read_campaign_file(path, {}))
    names.publish(domain.keys[0].record_name, domain.keys[0].record_value)
    prepared = prepare(context, read_campaign_file(path, {}))
    assert prepared.audience is not None
    prepared.audience.close()


def test_what_cannot_be_looked_up_warns_and_does_not_block(context: Context, names: NameServer, tmp_path: Path) -> None:
    signed(context, names)
    names.silent = True
    context = replace(context, settings=replace(context.settings, dns_timeout_seconds=0.3))
    path = campaign(tmp_path)
    findings = found(context, path)
    assert {finding.severity for finding in findings} == {Severity.WARNING}
    assert {finding.rule for finding in findings} == {"dkim", "dns"}
    prepared = prepare(context, read_campaign_file(path, {}))
    assert prepared.audience is not None
    prepared.audience.close()


def test_a_start_asks_dns_about_nothing_but_our_own_keys(context: Context, names: NameServer, tmp_path: Path) -> None:
    prepared = prepare(context, read_campaign_file(campaign(tmp_path), {}))
    assert prepared.audience is not None
    prepared.audience.close()
    assert names.asked == []


def test_alignment_is_judged_as_dmarc_does(context: Context, names: NameServer) -> None:
    key = signed(context, names)
    names.records["_dmarc.example.com", "TXT"] = ['"v=DMARC1; p=quarantine; adkim=s; aspf=s"']
    names.records["news.example.com", "MX"] = ["10 mx.example.com."]
    below = asked(context, from_domains=("news.example.com",), domains=(key,), envelope_domain="example.com")
    assert [finding.rule for finding in below] == ["dmarc", "dmarc"]
    assert "adkim=s" in below[0].sentence
    assert "tells receivers to refuse" in below[1].sentence
    names.records["_dmarc.example.com", "TXT"] = ['"v=DMARC1; p=quarantine"']
    assert asked(context, from_domains=("news.example.com",), domains=(key,), envelope_domain="example.com") == []
    names.records["relay.example.net", "TXT"] = ['"v=spf1 -all"']
    alone = asked(context, envelope_domain="relay.example.net")
    assert [finding.rule for finding in alone] == ["dkim", "dmarc"]


def test_servers_of_this_machine_are_not_judged(context: Context) -> None:
    for host in ("127.0.0.1", "localhost", "10.1.2.3"):
        assert [one.rule for one in asked(context, servers=((host, False),)) if one.rule in ("ptr", "tls")] == ["ptr"]
    public = asked(context, servers=(("smtp.relay.example", False),))
    assert [one.rule for one in public if one.rule in ("ptr", "tls")] == ["tls"]


def test_fields_that_recipients_lack_are_counted(context: Context, names: NameServer, tmp_path: Path) -> None:
    signed(context, names)
    csv = "email,first_name\na@example.org,Ann\nb@example.org,\nc@example.org,\nd@example.org,Dan\n"
    (finding,) = found(context, campaign(tmp_path, csv=csv))
    assert (finding.severity, finding.rule) == (Severity.WARNING, "fields")
    assert "2 of the first 4 recipients cannot get it: field first_name is empty" in finding.sentence
    (nobody,) = found(context, campaign(tmp_path, csv="email,first_name\na@example.org,\n"))
    assert (nobody.severity, nobody.rule) == (Severity.ERROR, "fields")


def test_broken_link_blocks_and_its_cure_is_named(context: Context, names: NameServer, tmp_path: Path) -> None:
    signed(context, names)
    path = campaign(tmp_path, html=HTML + '<a href="www.example.com/more">More</a>')
    assert brief(found(context, path)) == [("error", "links")]
    with pytest.raises(
        InputError, match=r"body\.html: content\.html: .*has no https:// in front.*write the whole address"
    ):
        prepare(context, read_campaign_file(path, {}))


def test_link_that_a_contact_completes_is_judged_with_a_contact_only(context: Context, tmp_path: Path) -> None:
    html = HTML + '<a href="https://{{ contact.first_name }}/x">Yours</a>'
    path = campaign(tmp_path, html=html, csv="email,first_name\na@example.org,shop.example.org\n")
    assert "links" not in {finding.rule for finding in found(context, path)}
    prepared = prepare(context, read_campaign_file(path, {}))
    assert prepared.audience is not None
    prepared.audience.close()


def test_links_are_followed_only_at_public_addresses(context: Context, names: NameServer, tmp_path: Path) -> None:
    signed(context, names)
    path = campaign(tmp_path, html=HTML.replace("https://example.com/menu", "https://127.0.0.1:1/menu"))
    file = read_campaign_file(path, {})
    (finding,) = preflight.of_file(context, file, follow_links=True).findings
    assert "127.0.0.1" in finding.sentence
    assert "not a public address" in finding.sentence


def test_command_says_what_it_found_and_ends_with_2_for_errors(
    names: NameServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PACELINE_DNS_SERVERS", names.setting)
    monkeypatch.setenv("PACELINE_DATA_DIR", str(tmp_path))
    database = ["--database", f"sqlite:///{tmp_path / 'command.db'}"]
    path = campaign(tmp_path)
    assert run(["check", str(path), *database]) == 0
    said = capsys.readouterr().out
    assert "warning: Paceline has no key for example.com" in said
    assert said.endswith("test may start: 1 warning\n")
    (tmp_path / "body.html").write_text(HTML + '<img src="logo.png" alt="">')
    assert run(["check", str(path), "--json", *database]) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["severity"], line["rule"]) for line in lines] == [("error", "images"), ("warning", "dkim")]
    assert run(["check", "no-such-campaign", *database]) == 2
