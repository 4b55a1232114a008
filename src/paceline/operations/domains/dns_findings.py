"""What DNS says about a sender, and what is wrong with it: DKIM, SPF, DMARC, where answers go, names of servers.

What cannot be looked up is a warning and never more. An error is only what makes mail fail for certain: a record that
contradicts our own signature, or one that receivers must treat as broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

from paceline.domain.finding import Finding, error, warning
from paceline.operations.domains.sending_domains import DkimKey, SendingDomain, look_up
from paceline.operations.domains.spf import SpfProblem, examine_spf
from paceline.outbound.dns import Dns, LookupFailed
from paceline.store.queue.sending_domains import KeyState

_AT_ONCE = 8
_MOST_SERVERS = 10
_MOST_DOMAINS = 10
_ADDRESSES = 4  # looked at per server
_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """What a campaign shows of itself to receivers."""

    from_domains: tuple[str, ...]
    envelope_domain: str | None
    """That of bounce_address; None: the same as From's."""
    servers: tuple[tuple[str, bool], ...]
    """Hosts that mail is handed to, and whether the way there is protected."""
    domains: tuple[SendingDomain, ...]

    def signers(self, domain: str) -> SendingDomain | None:
        """What signs for a From domain: it or its nearest parent with an active key."""
        by_name = {one.domain: one for one in self.domains if one.in_state(KeyState.ACTIVE)}
        while domain and domain not in by_name:
            domain = domain.partition(".")[2]
        return by_name.get(domain)


def dns_findings(dns: Dns, posture: Posture, *, seconds: float) -> list[Finding]:
    """Ask everything at once, and wait so long for all answers together."""
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        (f"DKIM of {domain}", partial(_dkim, dns, posture, domain)) for domain in posture.from_domains[:_MOST_DOMAINS]
    ]
    for domain in posture.from_domains[:_MOST_DOMAINS]:
        looks.append((f"DMARC of {domain}", partial(_dmarc, dns, posture, domain)))
        looks.append((f"mail servers of {domain}", partial(_answers, dns, domain)))
    envelopes = (posture.envelope_domain,) if posture.envelope_domain else posture.from_domains[:_MOST_DOMAINS]
    looks += [(f"SPF of {domain}", partial(_spf, dns, domain)) for domain in envelopes]
    looks += [
        (f"names of {host}", partial(_server, dns, host, protected=protected))
        for host, protected in posture.servers[:_MOST_SERVERS]
    ]
    return _all_at_once(looks, seconds)


def signature_findings(dns: Dns, posture: Posture, *, seconds: float) -> list[Finding]:
    """Only whether our own signatures will verify; nothing is asked where nothing is signed."""
    signed = [domain for domain in posture.from_domains[:_MOST_DOMAINS] if posture.signers(domain) is not None]
    return _all_at_once([(f"DKIM of {domain}", partial(_dkim, dns, posture, domain)) for domain in signed], seconds)


def _all_at_once(looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]], seconds: float) -> list[Finding]:
    if not looks:
        return []
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        asked = {pool.submit(_heard, what, look): what for what, look in looks}
        done, late = wait(asked, timeout=seconds)
        found = [finding for future in asked if future in done for finding in future.result()]
        return found + [
            _unknown(asked[future], f"no answer within {seconds:g} s") for future in asked if future in late
        ]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _heard(what: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except LookupFailed as failure:
        return [_unknown(what, str(failure))]


def _unknown(what: str, why: str) -> Finding:
    cure = "look again later; PACELINE_DNS_SERVERS names other name servers"
    return warning("dns", f"could not be looked up: {what} ({why})", cure)


def _dkim(dns: Dns, posture: Posture, domain: str) -> Iterator[Finding]:
    signer = posture.signers(domain)
    if signer is None:
        sentence = f"Paceline has no key for {domain}: its messages are signed only if the account's server does that"
        yield warning("dkim", sentence, f"paceline domains add {domain}, unless the server signs with this domain")
        return
    keys: list[DkimKey] = signer.in_state(KeyState.ACTIVE)
    for record in look_up(dns, keys):
        if record.ok is None:
            yield warning("dkim", record.sentence, "look again later; signatures are made all the same")
        elif not record.ok:
            cure = f"publish it (paceline domains show {signer.domain}), or delete the domain so that nothing is signed"
            yield error("dkim", f"our signatures cannot be verified: {record.sentence}", cure)


def _spf(dns: Dns, domain: str) -> Iterator[Finding]:
    records = [text for text in dns.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    where = f"the TXT record of {domain}"
    if not records:
        sentence = f"{domain} publishes no SPF record, so that anybody may send in its name"
        yield warning("spf", sentence, f"publish {where}: v=spf1 include:… ~all, as your provider says")
    elif len(records) > 1:
        sentence = (
            f"{domain} has {len(records)} SPF records, which every receiver takes for an error (RFC 7208 section 4.5)"
        )
        yield error("spf", sentence, "join them into one")
    else:
        try:
            notes = examine_spf(dns, domain, records[0])
        except SpfProblem as problem:
            yield error("spf", f"{where} is broken: {problem}", "mend it; receivers treat it as an error")
        else:
            yield from (warning("spf", f"{where} {note}", "end it with ~all or -all") for note in notes)


def _dmarc(dns: Dns, posture: Posture, domain: str) -> Iterator[Finding]:
    place, records = domain, list[str]()
    while "." in place and not records:
        records = [
            text for text in dns.texts(f"_dmarc.{place}") if text.lower().replace(" ", "").startswith("v=dmarc1")
        ]
        place = place if records else place.partition(".")[2]
    cure = f"publish TXT _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:…"
    if not records:
        yield warning("dmarc", f"{domain} publishes no DMARC record; Google and Yahoo ask bulk senders for one", cure)
        return
    if len(records) > 1:
        yield warning(
            "dmarc", f"_dmarc.{place} has {len(records)} records, so that receivers ignore them all", "leave one"
        )
        return
    tags = {name.strip().lower(): value.strip() for name, _, value in (t.partition("=") for t in records[0].split(";"))}
    policy = tags.get("p", "").lower()
    if policy not in _POLICIES:
        yield warning(
            "dmarc", f"_dmarc.{place} has no policy that is known (p={policy[:20]})", "p=none, quarantine or reject"
        )
    yield from _alignment(posture, domain, tags, policy)


def _alignment(posture: Posture, domain: str, tags: dict[str, str], policy: str) -> Iterator[Finding]:
    signer = posture.signers(domain)
    envelope = posture.envelope_domain or domain
    strict_dkim, strict_spf = tags.get("adkim", "r").lower() == "s", tags.get("aspf", "r").lower() == "s"
    by_dkim = signer is not None and (signer.domain == domain or not strict_dkim)
    by_spf = envelope == domain or (not strict_spf and (_below(envelope, domain) or _below(domain, envelope)))
    if signer is not None and not by_dkim:
        sentence = f"DMARC of {domain} is strict (adkim=s), and messages are signed by {signer.domain}"
        yield warning("dmarc", sentence, f"paceline domains add {domain}")
    if not by_dkim and not by_spf:
        sentence = f"neither our signature nor the envelope sender (@{envelope}) is aligned with From @{domain}"
        weight = " and its policy tells receivers to refuse that" if policy in ("quarantine", "reject") else ""
        yield warning("dmarc", sentence + weight, f"paceline domains add {domain}, unless the account's server signs")


def _below(name: str, domain: str) -> bool:
    return name.endswith(f".{domain}")


def _answers(dns: Dns, domain: str) -> Iterator[Finding]:
    servers = dns.mail_servers(domain)
    if servers == [""] or (not servers and not dns.addresses(domain)):
        sentence = f"{domain} takes no mail (no MX record), so that answers and bounces are lost"
        yield warning("mx", sentence, "publish an MX record, or send from a domain that has one")


def _server(dns: Dns, host: str, *, protected: bool) -> Iterator[Finding]:
    literal = _is_address(host)
    addresses = [host] if literal else [] if host == "localhost" else dns.addresses(host)
    public = [address for address in addresses if ip_address(address).is_global]
    if not addresses and host != "localhost":
        yield warning("ptr", f"the server {host} has no address in DNS", "mend the account's host")
        return
    if not public:
        sentence = f"{host} is not a public server: the address that mail leaves from, and its name, are not known here"
        yield warning("ptr", sentence, "see that its reverse name leads back to it (PTR and A records)")
        return
    if not protected:
        yield warning("tls", f"the way to {host} is not protected", "set the account's security to starttls or tls")
    for address in public[:_ADDRESSES]:
        names = dns.names_of(address)
        if not names:
            sentence, cure = f"{address} ({host}) has no reverse name (PTR)", "ask whoever runs the address for one"
            yield warning("ptr", sentence, cure)
        elif not any(address in dns.addresses(name) for name in names[:_ADDRESSES]):
            sentence = f"the reverse name of {address}, {names[0]}, does not lead back to it"
            yield warning("ptr", sentence, f"publish an address record of {names[0]} with {address}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
