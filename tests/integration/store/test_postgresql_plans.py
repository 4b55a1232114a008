"""What senders ask again and again is found by index on PostgreSQL, whatever it has counted."""

from __future__ import annotations

from pathlib import Path

from paceline.bootstrap import open_context
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.queue.campaign_work import WITH_WORK, with_work
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
