"""Limits, ramps, windows, choice of account and OAuth, set in the pages: what is shown beside them, and what the API has then."""

from __future__ import annotations

from playwright.sync_api import expect

from paceline.domain.permission import Role
from surroundings.browser import Visitor
from surroundings.server import Server

RELAY = {"name": "relay", "host": "smtp.example.com", "port": 587, "username": "u", "password": "s3cret-one"}


def test_account_gets_a_ramp_and_a_login_without_a_password(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        account = client.post("/api/v1/accounts", json=RELAY).json()["id"]
        page = owner.open(f"/accounts/{account}")
        warm_up = page.get_by_role("region", name="Warm-up")
        warm_up.get_by_role("combobox", name="Ramp").click()
        page.get_by_role("option", name="So many per cent more each day").click()
        warm_up.get_by_label("Per cent more each day").fill("20")
        warm_up.get_by_label("Until").fill("5000")
        expect(warm_up.get_by_role("listitem").nth(4)).to_have_text("day 5103")
        expect(warm_up.get_by_text("Day 26: 4,769 a day. From day 27 on it limits nothing more.")).to_be_visible()
        warm_up.get_by_role("button", name="Save the warm-up").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert client.get(f"/api/v1/accounts/{account}").json()["warm_up"] == "50 +20% until 5000"

        login = page.get_by_role("region", name="Login")
        login.get_by_role("combobox", name="Logs in with").click()
        page.get_by_role("option", name="OAuth 2 at Microsoft").click()
        login.get_by_role("button", name="Save the login").click()
        expect(login.get_by_text("needs it").first).to_be_visible()
        assert owner.serious_findings() == []
        login.get_by_label("Client id").fill("an id")
        login.get_by_label("Client secret").fill("a secret")
        login.get_by_label("Refresh token").fill("a token")
        login.get_by_role("button", name="Save the login").click()
        expect(login.get_by_label("Refresh token")).to_have_value("")
        assert client.get(f"/api/v1/accounts/{account}").json()["oauth"] == "microsoft"


def test_limit_above_accounts_is_set_and_changed(owner: Visitor, server: Server) -> None:
    page = owner.open("/limits")
    page.get_by_role("button", name="Set a limit").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Domain of recipients").fill("Example.org")
    dialog.get_by_label("An hour at most").fill("100")
    expect(dialog.get_by_role("status")).to_contain_text("at most 100 an hour, which is about 2,400 a day")
    dialog.get_by_role("button", name="Save the limits").click()
    expect(page.get_by_role("cell", name="Everybody at example.org together All")).to_be_visible()
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Change the limits of Everybody at example.org together").click()
    dialog.get_by_label("An hour at most").fill("0")
    expect(dialog.get_by_role("status")).to_contain_text("the limit goes away")
    dialog.get_by_role("button", name="Save the limits").click()
    expect(page.get_by_text("Only accounts have limits so far")).to_be_visible()


def test_draft_gets_its_times_pace_choice_and_limits(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        client.post("/api/v1/accounts", json=RELAY).raise_for_status()
        draft = client.post("/api/v1/campaigns", json={"name": "Spring"}).json()["id"]
        page = owner.open(f"/campaigns/{draft}?step=accounts")
        pace = page.get_by_role("region", name="Pace and choice")
        pace.get_by_label("Pace of the whole campaign").fill("60")
        expect(pace.get_by_role("status")).to_contain_text(
            "One message every 1 s: 3,600 an hour, 86,400 a day at most."
        )
        pace.get_by_label("Weight").fill("3")
        expect(pace.get_by_role("status")).to_contain_text("75 % of the accounts that both use")
        pace.get_by_role("combobox", name="Which account sends a message").click()
        page.get_by_role("option", name="A recipient always by the same").click()
        times = page.get_by_role("region", name="When it may send")
        times.get_by_role("switch", name="Only at certain times").click()
        expect(
            times.get_by_text("Open 40 hours a week: at 60 a minute 144,000 messages a week at most.")
        ).to_be_visible()
        times.get_by_label("Hours 1 end").fill("13:00")
        times.get_by_text("Friday").click()
        times.get_by_label("Not on these days").press_sequentially("2027-12-24,")
        expect(times.get_by_text("Open 16 hours a week")).to_be_visible()
        assert owner.serious_findings() == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        limits = page.get_by_role("region", name="Limits of this campaign")
        limits.get_by_role("button", name="Set limits").click()
        page.get_by_role("dialog").get_by_label("A day at most").fill("500")
        page.get_by_role("dialog").get_by_role("button", name="Save the limits").click()
        expect(limits.get_by_text("At most 500 a day")).to_be_visible()
        kept = client.get(f"/api/v1/campaigns/{draft}").json()
        window = kept["window"]
        assert (kept["rate_per_minute"], kept["weight"], kept["account_choice"]) == (60, 3, "sticky")
        assert (window["days"], window["hours"]) == (["mon", "tue", "wed", "thu"], ["09:00-13:00"])
        assert window["holidays"] == ["2027-12-24"]
