"""Contacts and lists, as the API and the command line handle them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from paceline.domain.errors import InputError
from paceline.operations.audience.contacts import (
    ContactDraft,
    ContactQuery,
    ContactView,
    change_contact,
    create_contact,
    delete_contact,
    find_contacts,
    get_contact,
    subscriptions_of,
)
from paceline.operations.audience.lists import (
    ContactList,
    ListDraft,
    change_list,
    confirm,
    create_list,
    delete_list,
    get_list,
    list_lists,
    subscribe,
    unsubscribe,
)
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.database import sql
from surroundings.imports import counters_are_right


def _contact(context: Context, email: str, **fields: str) -> ContactView:
    return create_contact(context, ContactDraft(email=email, fields=fields))


def _no_room(connection: Connection, subject: str) -> None:
    raise OSError("no space left")


def _list(context: Context, name: str = "news", *, double_opt_in: bool = False) -> ContactList:
    return create_list(context, ListDraft(name=name, double_opt_in=double_opt_in))


def _state(context: Context, contact: ContactView) -> list[str]:
    return [one.state for one in subscriptions_of(context, contact.id)]


def _other_workspace(context: Context) -> Context:
    with context.catalogue.write() as connection:
        statement = sql("INSERT INTO workspaces (name, created_at) VALUES ('Another', 0) RETURNING id")
        return context.in_workspace(int(connection.execute(statement).scalar_one()))


def test_contact_comes_back_as_it_was_given(context: Context) -> None:
    made = create_contact(
        context, ContactDraft(email="Ann@Example.COM", phone="+49 30 1234567", fields={"city": "Köln", "a'b\"": "=1"})
    )
    found = get_contact(context, made.id)
    assert (found.email, found.phone) == ("Ann@example.com", "+49301234567")
    assert found.fields == {"city": "Köln", "a'b\"": "=1"}


def test_address_belongs_to_one_contact_whatever_its_case(context: Context) -> None:
    create_contact(context, ContactDraft(email="ann@example.com", phone="+49301234567"))
    for draft in (ContactDraft(email="ANN@example.com"), ContactDraft(email="b@example.com", phone="+49301234567")):
        with pytest.raises(NotPossible, match="already"):
            create_contact(context, draft)


def test_changed_contact_has_exactly_the_new_fields(context: Context) -> None:
    made = _contact(context, "ann@example.com", city="Rome", plan="free")
    changed = change_contact(context, made.id, ContactDraft(email="ann@example.org", fields={"plan": "pro"}))
    assert (changed.email, changed.fields) == ("ann@example.org", {"plan": "pro"})


def test_contact_cannot_take_the_address_of_another(context: Context) -> None:
    _contact(context, "ann@example.com")
    bob = _contact(context, "bob@example.com")
    with pytest.raises(NotPossible, match=r"Ann@example\.com"):
        change_contact(context, bob.id, ContactDraft(email="Ann@example.com"))
    assert change_contact(context, bob.id, ContactDraft(email="BOB@example.com")).email == "BOB@example.com"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (ContactDraft(), "email"),
        (ContactDraft(email="nobody"), "email"),
        (ContactDraft(phone="12"), "phone"),
        (ContactDraft(email="a@example.com", fields={"": "x"}), "fields"),
    ],
)
def test_contact_that_cannot_be_is_refused_with_its_field(context: Context, draft: ContactDraft, field: str) -> None:
    with pytest.raises(InputError) as refused:
        create_contact(context, draft)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_contacts_come_in_pages_in_the_order_of_their_creation(context: Context) -> None:
    made = [_contact(context, f"{name}@example.com").id for name in "cabed"]
    first = find_contacts(context, ContactQuery(), limit=3)
    rest = find_contacts(context, ContactQuery(), limit=3, after=first.next_after)
    assert [one.id for one in first.contacts + rest.contacts] == made
    assert rest.next_after is None


def test_prefix_finds_addresses_in_their_order_page_by_page(context: Context) -> None:
    for name in ("Annie", "bob", "ann", "anna", "an", "anz", "an_x", "an%"):
        _contact(context, f"{name}@example.com")
    found: list[str | None] = []
    after = None
    while True:
        page = find_contacts(context, ContactQuery(email_prefix="ANN"), limit=1, after=after)
        found += [one.email for one in page.contacts]
        after = page.next_after
        if after is None:
            break
    assert found == ["ann@example.com", "anna@example.com", "Annie@example.com"]


def test_field_is_found_by_its_value_and_a_quote_in_its_name_is_a_quote(context: Context) -> None:
    _contact(context, "a@example.com", city="Rome")
    _contact(context, "b@example.com", city="rome")
    _contact(context, "c@example.com", **{'x"]': "Rome"})
    for name, expected in (("city", ["a@example.com"]), ('x"]', ["c@example.com"]), ("nothing", [])):
        page = find_contacts(context, ContactQuery(field=name, field_value="Rome"), limit=10)
        assert ([one.email for one in page.contacts], page.next_after) == (expected, None)


def test_field_search_goes_on_over_pages(context: Context) -> None:
    made = [_contact(context, f"a{n}@example.com", odd=str(n % 2)).id for n in range(7)]
    query = ContactQuery(field="odd", field_value="1")
    first = find_contacts(context, query, limit=2)
    rest = find_contacts(context, query, limit=2, after=first.next_after)
    assert [one.id for one in first.contacts + rest.contacts] == [made[1], made[3], made[5]]


def test_contacts_of_a_list_and_a_state(context: Context) -> None:
    news, ann, bob = _list(context), _contact(context, "ann@example.com"), _contact(context, "bob@example.com")
    _contact(context, "cleo@example.com")
    subscribe(context, news.id, ann.id)
    subscribe(context, news.id, bob.id)
    unsubscribe(context, news.id, bob.id)
    on_it = find_contacts(context, ContactQuery(list_id=news.id), limit=10)
    gone = find_contacts(context, ContactQuery(list_id=news.id, state="unsubscribed"), limit=10)
    assert [one.id for one in on_it.contacts] == [ann.id, bob.id]
    assert [one.id for one in gone.contacts] == [bob.id]


def test_unsubscribed_contact_stays_away_until_somebody_says_so_explicitly(context: Context) -> None:
    news, ann = _list(context), _contact(context, "ann@example.com")
    subscribe(context, news.id, ann.id)
    unsubscribe(context, news.id, ann.id)
    unsubscribe(context, news.id, ann.id)
    with pytest.raises(NotPossible, match="explicitly"):
        subscribe(context, news.id, ann.id)
    assert _state(context, ann) == ["unsubscribed"]
    subscribe(context, news.id, ann.id, explicitly=True)
    assert _state(context, ann) == ["confirmed"]
    assert counters_are_right(context)


def test_contact_confirms_what_a_list_with_double_opt_in_asks(context: Context) -> None:
    news, ann = _list(context, double_opt_in=True), _contact(context, "ann@example.com")
    subscribe(context, news.id, ann.id)
    subscribe(context, news.id, ann.id)
    assert _state(context, ann) == ["unconfirmed"]
    confirm(context, news.id, ann.id)
    assert _state(context, ann) == ["confirmed"]
    counted = get_list(context, news.id)
    assert (counted.confirmed, counted.unconfirmed, counted.unsubscribed) == (1, 0, 0)


def test_person_may_leave_a_list_before_being_on_it(context: Context) -> None:
    news, ann = _list(context), _contact(context, "ann@example.com")
    unsubscribe(context, news.id, ann.id)
    assert _state(context, ann) == ["unsubscribed"]
    assert counters_are_right(context)


def test_deleted_contact_leaves_no_trace_in_the_counters(context: Context) -> None:
    news, other, ann = _list(context), _list(context, "other"), _contact(context, "ann@example.com")
    subscribe(context, news.id, ann.id)
    unsubscribe(context, other.id, ann.id)
    delete_contact(context, ann.id)
    assert counters_are_right(context)
    assert get_list(context, news.id).confirmed == 0
    for act in (get_contact, delete_contact, subscriptions_of):
        with pytest.raises(NotFound):
            act(context, ann.id)


def test_deleted_list_leaves_its_contacts(context: Context) -> None:
    news, ann = _list(context), _contact(context, "ann@example.com")
    subscribe(context, news.id, ann.id)
    delete_list(context, news.id)
    assert subscriptions_of(context, ann.id) == []
    with pytest.raises(NotFound):
        get_list(context, news.id)


def test_two_lists_cannot_have_one_name(context: Context) -> None:
    _list(context)
    other = _list(context, "other")
    with pytest.raises(NotPossible, match="news"):
        _list(context, " news ")
    with pytest.raises(NotPossible, match="news"):
        change_list(context, other.id, ListDraft(name="news"))
    changed = change_list(context, other.id, ListDraft(name="others", consent=" asked "))
    assert (changed.name, changed.consent) == ("others", "asked")


def test_lists_come_in_pages(context: Context) -> None:
    made = [_list(context, f"list {number}").id for number in range(3)]
    first = list_lists(context, limit=2)
    assert [one.id for one in first + list_lists(context, limit=2, after=first[-1].id)] == made


def test_another_workspace_sees_and_changes_nothing(context: Context) -> None:
    news, ann, other = _list(context), _contact(context, "ann@example.com"), _other_workspace(context)
    assert find_contacts(other, ContactQuery(), limit=10).contacts == []
    assert find_contacts(other, ContactQuery(email_prefix="ann"), limit=10).contacts == []
    assert list_lists(other, limit=10) == []
    own = _contact(other, "ann@example.com")
    for act in (
        lambda: get_contact(other, ann.id),
        lambda: delete_contact(other, ann.id),
        lambda: change_contact(other, ann.id, ContactDraft(email="x@example.com")),
        lambda: get_list(other, news.id),
        lambda: delete_list(other, news.id),
        lambda: subscribe(other, news.id, own.id),
        lambda: subscribe(context, news.id, own.id),
        lambda: find_contacts(other, ContactQuery(list_id=news.id), limit=10),
    ):
        with pytest.raises(NotFound):
            act()
    assert get_contact(context, ann.id).email == "ann@example.com"


def test_what_cannot_be_put_on_record_does_not_happen(context: Context) -> None:
    ann = _contact(context, "ann@example.com", city="Bonn")
    with pytest.raises(OSError, match="no space left"):
        create_contact(context, ContactDraft(email="ben@example.com"), _no_room)
    with pytest.raises(OSError, match="no space left"):
        change_contact(context, ann.id, ContactDraft(email="anna@example.com"), _no_room)
    with pytest.raises(OSError, match="no space left"):
        delete_contact(context, ann.id, _no_room)
    assert find_contacts(context, ContactQuery(), limit=10).contacts == [ann]


def test_new_contact_is_told_as_it_is_kept(context: Context) -> None:
    made = create_contact(
        context, ContactDraft(email="Änn@Example.com", phone="+49 171 1234567", fields={"b": "2", "a": "ü"})
    )
    assert get_contact(context, made.id) == made
