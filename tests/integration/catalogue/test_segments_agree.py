"""Random filters over random contacts: the plain evaluator and each database pick the same contacts."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, example, given, settings, strategies as st

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment import ActivityKind, parse_segment, segment_to_json
from paceline.domain.segment_rules import DAY_SECONDS, Person, matches
from paceline.operations.context import Context
from paceline.store.catalogue.audiences import Audience, AudienceWalk
from paceline.store.database import sql
from surroundings.subscribers import add_people

NOW = 1_800_000_000.0
LISTS = (1, 2, 3)
CAMPAIGNS = (1, 2)
_workspaces = count(1000)

# Few different texts, so that conditions often hold; many odd ones, because each of them was a difference somewhere.
_ODD = [
    "", " ", "a", "A", "ab", "Ab", "É", "é", "İ", "ı", "ß", "SS", "ſ", "Σ", "ς", "日本", "🙂", "a🙂b", "%", "_", "a%b", "\\", "'", '"',
    "0", "-0", "1", "01", "1.0", "1.5", "-1", "--1", "1-", "-", ".", ".5", "5.", "1.2.3", "1e3", " 1", "1 ", "+1", "٣", "1,000",
    "999999999999999", "9999999999999999", "0.1", "0.10", "nan", "inf", "0x10", "NULL", "null", "true",
    "2027-03-01", "2027-3-1", "2027-03-01T10:00:00Z", "2027-03-01 10:00", "2027-03-011", "2027-13-99", "٢٠٢٧-03-01", "2026-12-31x",
]  # fmt: skip
_text = st.sampled_from(_ODD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
_filled = _text.filter(bool)
_name = st.sampled_from(["city", "plan", "Größe", 'a"b', "a.b", "$", "ключ", "[0]", "email", "phone", "missing"])
_domain = st.sampled_from(
    ["example.com", "EXAMPLE.com", "mail.example.com", "xample.com", "münchen.example", "b.example"]
)
_local = st.sampled_from(["ann", "Ann", "ANN.LEE", "jürgen", "é", "x+y"])
_days = st.integers(1, 5)

_person = st.builds(
    Person,
    email=st.none() | st.builds("{}@{}".format, _local, _domain),
    phone=st.none() | st.sampled_from(["+491701234567", "+12025550123"]),
    fields=st.dictionaries(_name.filter(lambda name: name not in ("email", "phone", "missing")), _text, max_size=5),
    subscriptions=st.dictionaries(st.sampled_from(LISTS), st.sampled_from(SubscriptionState)),
    activity=st.dictionaries(
        st.tuples(st.sampled_from(CAMPAIGNS), st.sampled_from(ActivityKind)),
        st.sampled_from([NOW, NOW - DAY_SECONDS, NOW - DAY_SECONDS - 1, NOW - 3 * DAY_SECONDS]),
    ),
)

_field = st.one_of(
    st.builds(
        lambda name, how, value: {"field": name, how: value},
        _name,
        st.sampled_from(["equals", "not_equals", "contains", "starts_with", "ends_with"]),
        _filled,
    ),
    st.builds(lambda name, how: {"field": name, how: True}, _name, st.sampled_from(["is_empty", "is_not_empty"])),
    st.builds(lambda name, values: {"field": name, "one_of": values}, _name, st.lists(_filled, min_size=1, max_size=4)),
    st.builds(
        lambda name, how, value: {"field": name, how: value},
        _name,
        st.sampled_from(["greater", "less"]),
        st.integers(-3, 3)
        | st.floats(-2, 2)
        | st.sampled_from([0.1, 1.5, 999999999999999, "2027-03-01", "2026-12-31"]),
    ),
)
_condition = st.one_of(
    _field,
    _field,
    st.builds(
        lambda number, standing: {"list": number, "is": standing},
        st.sampled_from(LISTS),
        st.sampled_from(["subscribed", "unsubscribed", "not_on"]),
    ),
    st.builds(
        lambda kind, campaign, days, never: {
            "activity": kind, "never": never, **({"campaign": campaign} if campaign else {}), **({"within_days": days} if days else {})
        },
        st.sampled_from(["sent", "opened", "clicked"]),
        st.none() | st.sampled_from(CAMPAIGNS),
        st.none() | _days,
        st.booleans(),
    ),
    st.builds(lambda domains: {"email_domain": domains}, st.lists(_domain, min_size=1, max_size=3)),
)  # fmt: skip
_tree = st.recursive(
    _condition,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


def _distinct(people: list[Person]) -> list[Person]:
    """An address belongs to one contact of a workspace, and a contact has one."""
    seen: set[str] = set()
    kept = []
    for number, person in enumerate(people):
        email = person.email or (None if person.phone else f"n{number}@c.example")
        keys = {key for key in (email and email.casefold(), person.phone) if key}
        if not keys & seen:
            seen |= keys
            kept.append(
                Person(email=email, phone=person.phone, fields=person.fields, subscriptions=person.subscriptions, activity=person.activity)
            )  # fmt: skip
    return kept


def test_databases_pick_whom_the_plain_evaluator_picks(context: Context) -> None:
    with context.catalogue.write() as connection:
        for number in LISTS:
            words = "INSERT INTO lists (id, workspace_id, name, created_at) VALUES (:id, 1, :name, 0)"
            connection.execute(sql(words), {"id": number, "name": f"list {number}"})

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(people=st.lists(_person, min_size=1, max_size=12).map(_distinct), tree=_tree)
    @example(
        people=[Person(email="a@b.example", fields={"city": text}) for text in ["1e3"]],
        tree={"field": "city", "less": 5},
    )
    def agree(people: list[Person], tree: dict[str, object]) -> None:
        workspace = next(_workspaces)
        node = parse_segment(tree)
        assert parse_segment(segment_to_json(node)) == node
        ids = add_people(context.catalogue, people, workspace_id=workspace)
        walk = AudienceWalk(
            database=context.catalogue, audience=Audience(workspace_id=workspace, segment=node, anybody=True), now=NOW
        )
        with context.catalogue.read() as connection:
            _, found = walk.window(connection, after=ids[0] - 1, size=1000)
        picked = {recipient.contact_id for recipient in found}
        expected = {number for number, person in zip(ids, people, strict=True) if matches(node, person, NOW)}
        assert picked == expected

    agree()


def test_every_odd_text_compares_alike(context: Context) -> None:
    """All pairs of odd texts, and each of them with numbers and dates: no chance decides whether they were looked at."""
    people = [Person(email=f"p{n}@example.com", fields={"f": text}) for n, text in enumerate(_ODD)]
    ids = add_people(context.catalogue, people, workspace_id=7)
    values = [
        (how, text) for how in ("equals", "not_equals", "contains", "starts_with", "ends_with") for text in _ODD if text
    ]
    ordered = [
        (how, value) for how in ("greater", "less") for value in (0, -1, 1.5, 0.1, 1e14, "2027-03-01", "2026-12-31")
    ]
    for how, value in [*values, *ordered]:
        node = parse_segment({"field": "f", how: value})
        walk = AudienceWalk(
            database=context.catalogue, audience=Audience(workspace_id=7, segment=node, anybody=True), now=NOW
        )
        with context.catalogue.read() as connection:
            _, found = walk.window(connection, after=0, size=1000)
        expected = [number for number, person in zip(ids, people, strict=True) if matches(node, person, NOW)]
        assert [recipient.contact_id for recipient in found] == expected, (how, value)
