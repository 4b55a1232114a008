"""Templates and segments under their names, previews from the very bytes, and live counts."""

from __future__ import annotations

import pytest

from paceline.domain.errors import InputError
from paceline.domain.segment_rules import Person
from paceline.operations.audience import segments
from paceline.operations.campaigns import previewing, templates
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.catalogue.audiences import Audience, AudienceWalk
from paceline.store.public_ids import IdKind
from surroundings.subscribers import add_list, add_people, add_subscribers

CONTENT = {
    "from": "ann@example.com",
    "subject": "Hello {{ contact.first_name }}",
    "html": "<p>Dear {{ contact.first_name }}</p>",
}


def test_templates_are_kept_changed_listed_and_deleted(context: Context) -> None:
    made = [templates.create(context, name=f"T{n}", content=CONTENT) for n in range(3)]
    assert [one.name for one in templates.page(context, None, 2)] == ["T2", "T1"]
    last = context.ids.decode(IdKind.TEMPLATE, made[1].id)
    assert [one.name for one in templates.page(context, last, 2)] == ["T0"]
    with pytest.raises(NotPossible, match="with the name 'T1'"):
        templates.create(context, name="T1", content=CONTENT)
    with pytest.raises(NotPossible, match="with the name 'T1'"):
        templates.change(context, made[0].id, name="T1")
    assert templates.change(context, made[0].id, name=" T0 ").name == "T0"
    assert templates.change(context, made[0].id, content={**CONTENT, "subject": "New"}).content["subject"] == "New"
    templates.delete(context, made[0].id)
    for act in (templates.get, templates.delete):
        with pytest.raises(NotFound):
            act(context, made[0].id)
        with pytest.raises(NotFound):
            act(context.in_workspace(2), made[1].id)


def test_content_that_could_not_be_sent_is_refused_with_its_field(context: Context) -> None:
    for content, field in (
        ({**CONTENT, "subject": "Hello {{ contact."}, "content.subject"),
        ({**CONTENT, "html": ""}, "content.html"),
        ({**CONTENT, "from": "nobody"}, "content.from"),
        ({**CONTENT, "colour": "red"}, "content.colour"),
        ({**CONTENT, "missing_fields": "shrug"}, "content.missing_fields"),
    ):
        with pytest.raises(InputError) as refused:
            templates.create(context, name="T", content=content)
        assert [problem.field for problem in refused.value.problems] == [field]
    assert templates.create(context, name="T", content={**CONTENT, "from": ""}).content["from"] == ""


def test_preview_shows_what_a_contact_would_get(context: Context) -> None:
    [number] = add_people(context.catalogue, [Person(email="jo@example.com", fields={"first_name": "Jürgen <b>"})])
    contact = context.ids.encode(IdKind.CONTACT, number)
    seen = previewing.preview(context, CONTENT, contact_id=contact)
    assert (seen.address, seen.subject, seen.problems) == ("jo@example.com", "Hello Jürgen <b>", [])
    assert seen.html is not None
    assert "Dear Jürgen &lt;b&gt;" in seen.html
    assert seen.text is not None
    assert "Dear Jürgen <b>" in seen.text
    assert seen.size > 300
    assert previewing.preview(context, CONTENT, fields={"first_name": "Ann"}).subject == "Hello Ann"
    missing = previewing.preview(context, CONTENT)
    assert [problem.field for problem in missing.problems] == ["content"]
    broken = previewing.preview(context, {"subject": "{{", "text": "x"})
    assert [problem.field for problem in broken.problems] == ["content.subject"]
    with pytest.raises(NotFound):
        previewing.preview(context.in_workspace(2), CONTENT, contact_id=contact)


def test_segments_are_kept_and_shown_with_public_ids(context: Context) -> None:
    news = context.ids.encode(IdKind.LIST, add_list(context.catalogue, "news"))
    tree = {"any": [{"list": news, "is": "subscribed"}, {"not": {"field": "plan", "one_of": ["pro", "free"]}}]}
    made = segments.create(context, name="S", filter=tree)
    assert segments.get(context, made.id).filter == tree
    with pytest.raises(NotPossible):
        segments.create(context, name="S", filter=tree)
    assert segments.change(context, made.id, filter={"all": []}).filter == {"all": []}
    assert [one.name for one in segments.page(context, None, 5)] == ["S"]
    segments.delete(context, made.id)
    with pytest.raises(NotFound):
        segments.get(context, made.id)


def test_live_count_is_exact_in_time_and_says_so_when_it_is_not(context: Context) -> None:
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, 45_000)
    counted = segments.count_filter(context, {"field": "group", "one_of": ["1", "2"]})
    assert (counted.number, counted.exact) == (9_000, True)
    walk = AudienceWalk(database=context.catalogue, audience=Audience(workspace_id=1, list_ids=(news,)), now=0.0)
    times = iter([0.0, 5.0, 5.0, 5.0])
    stopped = walk.count(seconds=1.0, clock=lambda: next(times))
    assert (stopped.number, stopped.exact) == (26_250, False)  # however late it is, it looks at the first thousands
    assert not walk.count(seconds=60, enough=10).exact
