"""Templates that would eat time or memory are refused quickly, in little memory; so are contacts that stretch them."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import pytest

from paceline.content.email import check
from paceline.domain.errors import ContentError
from unit.content.letters import make_content, render

BOMBS = {
    "repeated text": "{{ 'A' * 10**9 }}",
    "repeated text without a power": "{{ 'A' * 1000000000 }}",
    "repeated list": "{{ [0] * 1000000000 | length }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "range": "{% for i in range(1000000000) %}x{% endfor %}",
    "width": "{{ '%1000000000d' | format(1) }}",
    "width operator": "{{ '%1000000000d' % 1 }}",
    "center": "{{ 'x' | center(1000000000) }}",
    "indent": "{{ 'x' | indent(1000000000) }}",
    "lipsum": "{{ lipsum(100000) }}",
    "doubling": "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling unseen": "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{% if a == 'x' %}{% endif %}",
    "doubling contact": "{% set a = contact.x %}" + "{% set a = a ~ a %}" * 40 + "{{ a | length }}",
    "doubling in a test": "{% set a = 'aaaaaaaa' %}" + "{% if a == (a ~ a) %}{% endif %}{% set a = a ~ a %}" * 40,
    "doubling lists": "{% set a = ['x'] %}" + "{% set a = [a, a] %}" * 40 + "{{ a | join }}",
    "doubling by replace": "{% set a = 'xx' %}" + "{% set a = a | replace('x', 'xx') %}" * 40 + "{{ a }}",
    "replace of nothing": "{% set a = 'xx' %}" + "{% set a = a | replace('', 'xxxxxxxx') %}" * 20 + "{{ a }}",
    "doubling by join": "{% set a = 'xx' %}" + "{% set a = [a, a] | join(a) %}" * 40 + "{{ a }}",
    "growing by escape": "{% set a = '&' %}" + "{% set a = a | escape %}" * 30 + "{{ a }}",
    "growing by urlencode": "{% set a = '&' %}" + "{% set a = a | urlencode %}" * 30 + "{{ a }}",
    "nested loops": "".join(f"{{% for {n} in ['a','b','c','d','e','f','g','h','i','j'] %}}" for n in "abcdefgh")
    + "x"
    + "{% endfor %}" * 8,
    "loops over a contact": "".join(f"{{% for {n} in contact.x | split(',') %}}" for n in "abcd")
    + "x"
    + "{% endfor %}" * 4,
    "long text in loops": "{% for a in ['a','b','c','d','e','f','g','h','i','j'] %}" * 4
    + "x" * 900
    + "{% endfor %}" * 4,
    "empty loops": "{% for a in contact.x | split(',') %}" * 5 + "{% endfor %}" * 5,
    "too often": "{{ contact.x }}" * 30_000,
    "many tags": "{{1}}" * 190_000,
    "many sets": "{%set a=1%}" * 90_000,
    "many ifs": "{%if 1%}{%endif%}" * 58_000,
    "many unknown filters": "{{1|x}}" * 140_000,
    "many unknown names": "{{y}}" * 190_000,
    "many unknown fields": "".join(f"{{{{contact.a{number}}}}}" for number in range(6_000)),
    "deep brackets": "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
    "deep lists": "{{ " + "[" * 400 + "]" * 400 + " }}",
    "deep nots": "{{ " + "not " * 400 + "1 }}",
    "deep ifs": "{% if true %}" * 10_000 + "{% endif %}" * 10_000,
    "deep fors": "{% for a in ['a'] %}" * 10_000 + "{% endfor %}" * 10_000,
    "many branches": "{% if true %}" + "{% elif true %}" * 100_000 + "{% endif %}",
    "long tag": "{{ " + "1 + " * 200_000 + "1 }}",
    "long chain of filters": "{{ 'a'" + " | upper" * 100_000 + " }}",
    "long text": "x" * 2_000_000,
    "open tags": "{{ " * 300_000,
    "open statements": "{% " * 300_000,
    "open comments": "{# " * 300_000,
    "open raws": "{% raw %}" * 100_000,
    "open texts": "{{ '" + "\\" * 500_000,
}
BROKEN_HTML = {
    "signs": "<" * 900_000,
    "open tags": "<a " * 300_000,
    "open quotes": "<a b='" * 150_000,
    "open comments": "<!--" * 200_000,
    "declarations": "<!" * 400_000,
    "attributes": "<a" + " x" * 400_000 + ">",
    "entities": "&#" * 400_000,
    "paragraphs": "<p>" * 300_000 + "x",
    "quotations": "<blockquote>" * 60_000 + "x</blockquote>" * 2,
    "items": "<ul><li>" * 100_000 + "x",
    "marks": "\ufdd00\ufdd1" * 100_000,
}
CHILD = """
import resource, sys
from paceline.content.email import EmailContent, check
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
source = sys.stdin.read()
content = EmailContent(from_address="a@example.com", subject="s", campaign_key="k", **{sys.argv[1]: source})
problems = check(content, None, "c.toml")
print(len(problems), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""


def _check_in_a_child(part: str, template: str) -> tuple[int, int]:
    """The number of problems and the megabytes that finding them took; the child has 10 s and 1 GB."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    done = subprocess.run(
        [sys.executable, "-c", CHILD, part],
        input=template,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=limit,  # the limits must hold before the first line
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    problems, megabytes = done.stdout.split()
    return int(problems), int(megabytes)


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused(name: str) -> None:
    started = time.process_time()
    bomb = BOMBS[name]
    columns = ["email", *(f"column_{number}" for number in range(200))]
    content = make_content(subject=bomb, text=bomb, html=bomb, unsubscribe_url="https://example.com/" + bomb)
    problems = check(content, columns, "c.toml")
    assert problems
    assert len(problems) < 100
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "name", ["doubling", "repeated text", "nested loops", "open tags", "many branches", "deep ifs"]
)
def test_bomb_is_refused_in_little_memory(name: str) -> None:
    problems, megabytes = _check_in_a_child("text", BOMBS[name])
    assert problems
    assert megabytes < 100


def test_large_honest_template_is_read_and_rendered_quickly() -> None:
    text = "".join(f"{{% if contact.a{number} %}}{{{{ contact.a{number} }}}}{{% endif %}}\n" for number in range(1_800))
    started = time.process_time()
    letter = render(make_content(text=text, html=f"<p>{text}</p>"), {f"a{number}": "x" for number in range(1_800)})
    assert letter.text == "x\n" * 1_800
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", BROKEN_HTML)
def test_broken_html_is_read_in_linear_time(name: str) -> None:
    started = time.process_time()
    check(make_content(html=BROKEN_HTML[name]), None, "c.toml")
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "template",
    [
        "{{ contact.x }}" * 400,
        "{% for a in contact.x | split(',') %}{{ contact.x }}{% endfor %}",
        "{% set a = contact.x %}" + "{% set a = a ~ a %}" * 8 + "{{ a }}",
        "{{ contact.x | upper | urlencode | e }}",
    ],
)
def test_contact_that_stretches_a_template_fails_quickly(template: str) -> None:
    started = time.process_time()
    with pytest.raises(ContentError):
        render(make_content(text=template), {"x": "ΐ," * 99 + "ΐ" * 200_000})
    assert time.process_time() - started < 3


def test_rendered_message_has_a_largest_size() -> None:
    with pytest.raises(ContentError, match="at most 1000000 are accepted"):
        render(make_content(text="{{ contact.x }}{{ contact.x }}"), {"x": "日" * 200_000})
