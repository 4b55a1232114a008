"""What is wrong with a message before it is sent to many: links, images, size, unsubscribing, words that filters weigh.

The judgement is about one rendered message, the very bytes that would be sent. Errors are only what is certainly broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from paceline.content.letter import Letter, Link
from paceline.domain.finding import Finding, error, warning
from paceline.domain.wording import counted

CLIPPED_BYTES = 102 * 1024
"""Gmail cuts the HTML of a message off behind so many bytes."""

_LONGEST_SUBJECT = 78
_SHORTEST_PREHEADER = 30
_MOST_SHOWN = 5
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})
_FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "about", "blob"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}\Z", re.IGNORECASE)
_SHOWN_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#:]\S*)?", re.IGNORECASE)
_REMOVED_TAGS = frozenset({"script", "form", "iframe", "object", "embed", "frameset", "base"})
_SHORTENERS = frozenset({"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rb.gy"})
_NO_PREHEADER = re.compile(
    r"(?:view|open|read|see) (?:this|in|it|online)\b|unsubscribe|https?://|having trouble", re.IGNORECASE
)
_SPAM_PHRASES = (
    "100% free", "act now", "as seen on", "be your own boss", "buy direct", "cash bonus", "cheap meds", "click here",
    "congratulations you", "credit card required", "double your", "earn extra cash", "eliminate debt", "extra income",
    "free gift", "free money", "get paid", "guaranteed winner", "increase sales", "incredible deal", "limited time only",
    "lose weight", "lowest price", "make money", "miracle", "no obligation", "no purchase necessary", "once in a lifetime",
    "order now", "risk free", "risk-free", "satisfaction guaranteed", "this is not spam", "urgent", "viagra", "while supplies last",
    "winner", "work from home", "you have been selected",
)  # fmt: skip
_SPAM = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, _SPAM_PHRASES)) + r")(?!\w)", re.IGNORECASE)


def letter_findings(letter: Letter) -> list[Finding]:
    """Everything that is found in one message, errors first."""
    found = [finding for rule in _RULES for finding in rule(letter)]
    return sorted(found, key=lambda finding: finding.severity)


def web_links(letter: Letter) -> list[str]:
    """The different https links of a message that can be followed, in their order; those that unsubscribe are not."""
    found = (link.url for link in letter.links if link.url.lower().startswith("https://"))
    return [url for url in dict.fromkeys(found) if url not in letter.unsubscribe]


def _links(letter: Letter) -> Iterator[Finding]:
    field = "content.html"
    nowhere, plain = [], []
    for link in dict.fromkeys(letter.links):
        reason = _broken(link.url)
        if reason is not None:
            yield error(
                "links", f"the link {_shown(link)} {reason}", "write the whole address, from https:// on", field=field
            )
        elif link.url in ("", "#"):
            nowhere.append(link)
        elif link.url.lower().startswith("http://"):
            plain.append(link)
        if reason is None and _seems_forged(link):
            sentence = f"the link {_shown(link)} shows the address of another host than the one it leads to"
            yield warning("links", sentence, "filters take that for forgery: show words, or the true host", field=field)
    if nowhere:
        yield warning(
            "links",
            f"{counted(len(nowhere), 'link leads', 'links lead')} nowhere: {_listed(nowhere)}",
            "give them an address",
            field=field,
        )
    if plain:
        sentence = f"{counted(len(plain), 'link is', 'links are')} not protected (http://): {_listed(plain)}"
        yield warning("links", sentence, "use https://; mail programs warn of the others", field=field)
    short = [link for link in letter.links if _host(link.url) in _SHORTENERS]
    if short:
        sentence = f"links of a shortener, which spammers use as well: {_listed(short)}"
        yield warning("links", sentence, "link to your own domain", field=field)


def _broken(url: str) -> str | None:
    """Why a link leads nowhere at all, in words."""
    if not url or url.startswith("#"):
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        return "has no https:// in front, so that it leads nowhere from a mail"
    name = scheme[1].lower()
    if name in _FORBIDDEN_SCHEMES:
        return f"is of a kind that no mail program follows ({name}:)"
    if name not in _SAFE_SCHEMES and "." in name:
        return "has no https:// in front, so that it leads nowhere from a mail"
    if name == "mailto":
        return None if "@" in url or url.lower().startswith("mailto:?") else "names no mailbox"
    if name not in ("http", "https"):
        return None
    host = _host(url)
    return None if host is not None and _is_host(host) else "has no complete host name"


def _host(url: str) -> str | None:
    try:
        return (urlsplit(url).hostname or "").lower() or None
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        name = host if host.isascii() else host.encode("idna", "ignore").decode()
        return name == "localhost" or _HOST.match(name) is not None
    return True


def _seems_forged(link: Link) -> bool:
    shown, host = _SHOWN_HOST.fullmatch(link.text), _host(link.url)
    if shown is None or host is None:
        return False
    seen = shown[1].lower().removeprefix("www.")
    return not (host == seen or host.endswith(f".{seen}") or seen.endswith(f".{host.removeprefix('www.')}"))


def _shown(link: Link) -> str:
    words = f"“{link.text[:40]}” " if link.text else ""
    return f"{words}({link.url[:80] or 'without an address'})"


def _listed(links: list[Link]) -> str:
    shown = ", ".join(_shown(link) for link in links[:_MOST_SHOWN])
    return shown if len(links) <= _MOST_SHOWN else f"{shown} …"


def _images(letter: Letter) -> Iterator[Finding]:
    field = "content.html"
    seen = dict.fromkeys(letter.images)
    without = [image.source for image in seen if image.alt is None]
    if without:
        sentence = (
            f"{counted(len(without), 'image has', 'images have')} no alt text: {', '.join(without[:_MOST_SHOWN])[:200]}"
        )
        yield warning(
            "images", sentence, 'write alt="…" for people who do not see them; alt="" for decoration', field=field
        )
    for image in seen:
        source = image.source.lower()
        if not source.startswith(("https://", "http://", "data:")):
            sentence = f"the image {image.source[:80] or 'without an address'} is nowhere on the web"
            yield error("images", sentence, "upload it and write its whole address, from https:// on", field=field)
        elif not source.startswith("https://"):
            what = (
                "inside the HTML, where Gmail and Outlook do not show it"
                if source.startswith("data:")
                else "not on https"
            )
            yield warning(
                "images", f"the image {image.source[:60]} is {what}", "give it an https:// address", field=field
            )
    if letter.images and len(letter.visible) < 20:
        sentence = "the message is images with hardly any text, which filters take for spam"
        yield warning("images", sentence, "say the essential in words", field=field)


def _markup(letter: Letter) -> Iterator[Finding]:
    removed = sorted(letter.tags & _REMOVED_TAGS)
    if removed:
        sentence = f"mail programs remove these parts: {', '.join(f'<{name}>' for name in removed)}"
        yield warning("markup", sentence, "leave them out; link to a page instead", field="content.html")


def _size(letter: Letter) -> Iterator[Finding]:
    size = len((letter.html or "").encode())
    if size > CLIPPED_BYTES:
        sentence = f"the HTML has {size // 1024} KB; Gmail cuts it off behind {CLIPPED_BYTES // 1024} KB, the unsubscribe link too"
        yield warning("size", sentence, "shorten it, or move styles and long texts to a page", field="content.html")


def _unsubscribing(letter: Letter) -> Iterator[Finding]:
    field = "content.unsubscribe_url"
    if not letter.unsubscribe:
        sentence = "it is empty, so messages carry no List-Unsubscribe header: large mailbox providers ask for it"
        yield warning("unsubscribe", sentence, "set base_url (Paceline's own page) or unsubscribe_url", field=field)
        return
    if not any(url.startswith("https://") for url in letter.unsubscribe):
        sentence = "people cannot unsubscribe by one click: that takes an https:// address (RFC 8058)"
        yield warning(
            "unsubscribe", sentence, "set base_url, or an unsubscribe_url that begins with https://", field=field
        )
    where = [link.url for link in letter.links] + [letter.text or ""]
    if not any(url in place for url in letter.unsubscribe for place in where):
        sentence = "no link to unsubscribe is visible in the message"
        cure = 'write one: <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
        yield warning("unsubscribe", sentence, cure, field="content.html")


def _text_part(letter: Letter) -> Iterator[Finding]:
    text = " ".join((letter.text or "").split())
    if letter.html is not None and len(letter.visible) > 200 and len(text) * 5 < len(letter.visible):
        sentence = f"the text part has {counted(len(text), 'character')}, the HTML shows {len(letter.visible)}"
        yield warning("text", sentence, "leave text out, and it is made from the HTML", field="content.text")


def _preheader(letter: Letter) -> Iterator[Finding]:
    if letter.html is None:
        return
    begins = letter.inbox_line[:60]
    if len(letter.inbox_line) < _SHORTEST_PREHEADER or _NO_PREHEADER.search(begins[:25]):
        sentence = f"inboxes show “{begins}” beside the subject"
        yield warning("preheader", sentence, "write a preheader that makes curious", field="content.preheader")


def _subject(letter: Letter) -> Iterator[Finding]:
    subject = letter.subject
    if len(subject) > _LONGEST_SUBJECT:
        sentence = f"the subject has {len(subject)} characters; most programs show 30 to 70"
        yield warning("subject", sentence, "put what matters first", field="content.subject")
    letters = [character for character in subject if character.isalpha()]
    shouts = len(letters) >= 10 and sum(character.isupper() for character in letters) > len(letters) * 0.8
    if shouts or re.search(r"[!?]{2,}|\${2,}", subject):
        yield warning(
            "subject", "the subject shouts, as spam does", "use capitals and ! sparingly", field="content.subject"
        )
    if re.match(r"(?:re|fwd?|aw|wg)\s*:", subject, re.IGNORECASE):
        yield warning(
            "subject", "the subject pretends to be an answer", "leave Re: and Fwd: out", field="content.subject"
        )


def _spam_words(letter: Letter) -> Iterator[Finding]:
    words = f"{letter.subject}\n{letter.visible if letter.html is not None else letter.text or ''}"
    found = list(dict.fromkeys(match[0].lower() for match in _SPAM.finditer(words)))
    if found:
        sentence = f"phrases that filters count: {', '.join(found[:10])}"
        yield warning("spam phrases", sentence, "say it plainly; one of them alone does no harm", field="content")


_RULES: tuple[Callable[[Letter], Iterator[Finding]], ...] = (
    _links,
    _images,
    _markup,
    _size,
    _unsubscribing,
    _text_part,
    _preheader,
    _subject,
    _spam_words,
)
