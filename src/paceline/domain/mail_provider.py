"""Which operator receives the mail of a domain: a table of those whose domains are publicly known, else by its mail server.

A limit for an operator holds for all its domains together.
"""

from __future__ import annotations

_DOMAINS = {
    "google": "gmail.com googlemail.com",
    "microsoft": (
        "outlook.com hotmail.com live.com msn.com outlook.de hotmail.de live.de outlook.fr hotmail.fr live.fr "
        "hotmail.co.uk live.co.uk hotmail.it live.it outlook.it outlook.es hotmail.es live.nl outlook.com.br"
    ),
    "yahoo": (
        "yahoo.com ymail.com rocketmail.com aol.com yahoo.de yahoo.fr yahoo.co.uk yahoo.it yahoo.es yahoo.ca "
        "yahoo.co.in yahoo.com.br aol.de aol.co.uk"
    ),
    "apple": "icloud.com me.com mac.com",
    "united-internet": "gmx.de gmx.net gmx.at gmx.ch gmx.com web.de email.de 1und1.de",
    "telekom": "t-online.de magenta.de",
    "mail.ru": "mail.ru bk.ru inbox.ru list.ru",
    "yandex": "yandex.ru yandex.com ya.ru",
    "proton": "proton.me protonmail.com pm.me",
    "orange": "orange.fr wanadoo.fr",
    "free": "free.fr",
    "laposte": "laposte.net",
}
_MAIL_SERVERS = {
    "google": ("google.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "mx.microsoft"),
    "yahoo": ("yahoodns.net",),
    "apple": ("icloud.com",),
    "united-internet": ("gmx.net", "web.de", "kundenserver.de", "ionos.com", "ionos.de", "1and1.com"),
    "telekom": ("t-online.de",),
    "mail.ru": ("mail.ru",),
    "yandex": ("yandex.ru", "yandex.net"),
    "proton": ("protonmail.ch",),
    "orange": ("orange.fr",),
    "free": ("free.fr",),
    "laposte": ("laposte.net",),
}
"""How the names of the servers end that take the mail of an operator's customers with domains of their own."""
_PROVIDER = {domain: name for name, domains in _DOMAINS.items() for domain in domains.split()}
_RELAYS = {
    "google": ("gmail.com", "google.com", "googlemail.com"),
    "microsoft": ("office365.com", "outlook.com", "hotmail.com"),
    "yahoo": ("yahoo.com", "aol.com"),
    "apple": ("icloud.com", "me.com"),
    "united-internet": ("gmx.net", "gmx.com", "web.de", "ionos.de", "1und1.de"),
    "telekom": ("t-online.de",),
    "mail.ru": ("mail.ru",),
    "yandex": ("yandex.ru", "yandex.com"),
    "proton": ("protonmail.ch", "proton.me"),
    "orange": ("orange.fr",),
    "free": ("free.fr",),
    "laposte": ("laposte.net",),
}

PROVIDERS = tuple(_DOMAINS)
"""The operators that are known, by their names here."""


def domain_of(address: str) -> str:
    """The domain of an address, in lower case; "" where it has none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def provider_of(domain: str) -> str | None:
    """The operator of a recipient's domain."""
    return _PROVIDER.get(domain)


def is_operated_by(provider: str, mail_server: str) -> bool:
    """Whether the server that takes a domain's mail is an operator's: one known here, or one named by how its servers end."""
    return any(_ends_with(mail_server, ending) for ending in _MAIL_SERVERS.get(provider, (provider,)))


def provider_of_host(host: str) -> str | None:
    """The operator of a server that accounts sit on, such as smtp.gmail.com."""
    host = host.lower()
    for name, endings in _RELAYS.items():
        if any(_ends_with(host, ending) for ending in endings):
            return name
    return None


def _ends_with(host: str, ending: str) -> bool:
    return host == ending or host.endswith(f".{ending}")
