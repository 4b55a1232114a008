"""What senders ask again and again is found by index on PostgreSQL, whatever it has counted."""

from __future__ import annotations

from pathlib import Path

from paceline.bootstrap import open_context
from paceline.settings import read_settings
from paceline.store.database import rows_json, sql
from paceline.store.queue.campaign_work import WITH_WORK, with_work
from paceline.store.queue.delivery_statements import delivery_statements
from surroundings.queue import Queue


def test_campaign_of_which_nothing_is_left_is_no_reason_to_walk_through_all_messages(
    postgresql_url: str, tmp_path: Path
) -> None:
    context = open_context(read_settings({}, database=postgresql_url, data_dir=str(tmp_path)))
    large = Queue.filled(context, 20_000, key="large")
    for number in range(5):
        Queue.filled(context, 0, key=f"small {number}")
    context.queue.execute("ANALYZE")  # all that it counts belongs to one campaign
    with context.queue.read() as connection:
        plan = "\n".join(connection.execute(sql(f"EXPLAIN {WITH_WORK.text}"), {"now": 0.0}).scalars())
        assert with_work(connection, now=0.0) == {large.campaign_id}
    assert "using messages_fresh" in plan
    assert "Seq Scan on messages" not in plan
    context.close()


def test_intents_do_not_walk_through_all_that_is_held_and_suppressed_before_anything_was_counted(
    postgresql_url: str, tmp_path: Path
) -> None:
    context = open_context(read_settings({}, database=postgresql_url, data_dir=str(tmp_path)))
    queue = Queue.filled(context, 2_000)
    holders = [queue.holder(f"relay {number}") for number in range(5)]
    held = [(holder, message) for holder in holders for message in holder.claim(200)]
    context.queue.execute(
        "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at) "
        "SELECT 1, 'email', 'left' || n || '@example.com', '', '', 0 FROM generate_series(1, 2000) AS n"
    )
    intents = [holder.intent(message) for holder, message in held[::40]]
    rows = rows_json([[i.message_id, i.lease, i.revision, i.suppression_key] for i in intents])
    statement = f"EXPLAIN {delivery_statements(context.queue)['intend'].text}"
    with context.queue.read() as connection:
        plan = "\n".join(connection.execute(sql(statement), {"rows": rows, "now": queue.now}).scalars())
    assert "messages_held" not in plan
    assert "(address = " in plan.partition("using suppressions_pkey")[2].partition("Filter")[0]
    context.close()


def test_messages_are_found_by_their_numbers_also_while_there_are_few(postgresql_url: str, tmp_path: Path) -> None:
    context = open_context(read_settings({}, database=postgresql_url, data_dir=str(tmp_path)))
    # A launch has just begun: the plans that are made now are kept until tables are counted.
    Queue.filled(context, 2_000)
    numbers = dict.fromkeys(("campaign", "account", "lease", "sender", "after", "limit"), 1)
    values = {**numbers, "now": 0.0, "pile": 0.0, "next_at": 0.0, "rows": "[]"}
    walks = []
    with context.queue.read() as connection:
        for name, statement in delivery_statements(context.queue).items():
            plan = "\n".join(
                line for (line,) in context.queue.fetch(connection, sql(f"EXPLAIN {statement.text}"), values)
            )
            # Every message goes through the index of those that are held, and leaves a dead entry there.
            if "Seq Scan on messages" in plan or ("messages_held" in plan and name != "held"):
                walks.append(name)
    assert walks == []
    context.close()
