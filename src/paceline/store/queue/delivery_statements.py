"""Every statement of the hot path, by name; deliveries.py says when each is run."""

from __future__ import annotations

from typing import Any

from paceline.store.database import Database, sql
from paceline.store.queue.message_events import insert_events


def delivery_statements(database: Database) -> dict[str, Any]:
    """Every statement of the hot path, by name. Long because it is their list: they are read together and share their words."""
    ids = database.rows("rows", id="integer")
    settled = database.rows(
        "rows",
        id="integer",
        was="integer",
        state="integer",
        due_at="number",
        charged="integer",
        returns="integer",
        reply="text",
        attempt="integer",
        at="number",
        account_id="integer",
    )
    released = database.rows("rows", id="integer", lease="integer")
    intents = database.rows("rows", id="integer", lease="integer", revision="integer", suppression_key="text")
    suppressed = database.rows(
        "rows", workspace_id="integer", channel="text", address="text", reason="text", created_at="number"
    )
    keys = database.rows("rows", suppression_key="text")
    accepted = database.rows("rows", id="integer", attempt="integer", reply="text", at="number")
    in_layers = database.rows("rows", id="integer", layers="text")
    dealt = database.rows("rows", id="integer", account_id="integer")
    put_off = database.rows("rows", id="integer", due_at="number")
    # Messages are found by their numbers. Where PostgreSQL may choose, it walks through all of them while they are few, and
    # keeps to that plan when they are many, until it counts them. "+ 0" keeps it from the index of those that are held,
    # through which every message goes and in which it leaves a dead entry.
    these = database.among("id", ids)
    joined = database.joined_among("messages.id", ids)
    lock_messages = f"{database.lock_rows} OF m" if database.lock_rows else ""
    statements = {
        "lock_accounts": f"SELECT id FROM accounts WHERE id IN ({ids}) ORDER BY id {database.lock_rows}",
        # The common case of domain/message.py: an open intent of this very attempt was accepted.
        "accept": f"""
            UPDATE messages SET state = 4, charged = charged + 1, reply = r.reply, at = r.at
            FROM ({accepted}) AS r
            WHERE messages.id = r.id AND messages.state + 0 = 2 AND messages.attempt = r.attempt {joined}""",
        "accepted_events": f"""
            INSERT INTO events (message_id, attempt, kind, campaign_id, account_id, at, detail)
            SELECT id, attempt, 'accepted', campaign_id, account_id, at, reply FROM messages WHERE {these}
            ON CONFLICT DO NOTHING""",
        # What is known of the reported messages, and how their campaigns stand.
        "standings": f"""
            SELECT m.id, m.state, m.attempt, m.lease, m.charged, m.returns, m.first_intent_at, m.campaign_id,
                   m.account_id, m.address, m.layers, c.status, c.max_attempts, c.retry_delay_seconds, c.workspace_id, c.channel
            FROM messages m JOIN campaigns c ON c.id = m.campaign_id
            WHERE {database.among("m.id", ids)} ORDER BY m.id {lock_messages}""",
        # Moves each reported message on, if it still stands where it was read.
        "settle": f"""
            UPDATE messages SET state = r.state, due_at = r.due_at, charged = r.charged, returns = r.returns,
                   reply = r.reply, attempt = r.attempt, at = r.at, account_id = r.account_id
            FROM ({settled}) AS r WHERE messages.id = r.id AND messages.state = r.was {joined}""",
        "events": insert_events(database),
        "suppress": f"""
            INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at)
            SELECT workspace_id, channel, address, MIN(reason), 'hard bounce', MIN(created_at)
            FROM ({suppressed}) AS r WHERE true GROUP BY workspace_id, channel, address
            ON CONFLICT (workspace_id, channel, address) DO UPDATE SET reason = excluded.reason,
            source = excluded.source, created_at = excluded.created_at, expires_at = NULL
            WHERE suppressions.expires_at IS NOT NULL""",
        # Claimed and never begun: back to the queue, or cancelled where the campaign was stopped in the meantime.
        "release": f"""
            UPDATE messages SET
                   state = CASE WHEN c.status = 'stopped' THEN 8 ELSE 0 END,
                   due_at = CASE WHEN c.status = 'stopped' THEN NULL ELSE :now END
            FROM ({released}) AS r, campaigns AS c
            WHERE messages.id = r.id AND messages.state + 0 = 1 AND messages.lease = r.lease {joined}
              AND c.id = messages.campaign_id
            RETURNING messages.campaign_id, messages.state, messages.layers""",
        # The intent: tests state, fence, lease, settings, campaign and suppression. When it changes fewer rows than it was
        # given, "intended" tells which; only those may be handed over. Messages are found by their numbers, and first, and
        # suppressions are counted by their whole key: a planner without statistics would take every one that is held,
        # and every suppression there is, for each message.
        "intend": f"""
            UPDATE messages SET state = 2, attempt = attempt + 1, at = :now,
                   first_intent_at = COALESCE(first_intent_at, :now)
            WHERE state = 1 AND id IN (
                WITH found AS MATERIALIZED (
                    SELECT m.id, m.campaign_id, m.account_id, m.lease, r.revision, r.suppression_key
                    FROM ({intents}) AS r JOIN messages m ON m.id = r.id AND m.lease = r.lease
                    {database.joined_among("m.id", ids)})
                SELECT m.id FROM found m
                JOIN accounts a ON a.id = m.account_id AND a.lease = m.lease AND a.revision = m.revision
                               AND a.state = 'ready'
                JOIN campaigns c ON c.id = m.campaign_id AND c.status = 'running'
                WHERE 0 = (
                    SELECT COUNT(*) FROM suppressions s
                    WHERE s.workspace_id = c.workspace_id AND s.channel = c.channel AND s.address = m.suppression_key
                      AND (s.expires_at IS NULL OR s.expires_at > :now)))""",
        "intended": f"""
            SELECT m.id FROM ({intents}) AS r
            JOIN messages m ON m.id = r.id AND m.lease = r.lease AND m.state + 0 = 2 AND m.at = :now
                            {database.joined_among("m.id", ids)}""",
        # Whether this account may claim from this campaign now, and the schema it would do so on.
        "claimable": """
            SELECT c.rate_per_minute, c.next_at, v.version_num, c.pacing, c.workspace_id, a.host,
                   EXISTS (SELECT 1 FROM layers l WHERE l.workspace_id = c.workspace_id),
                   EXISTS (SELECT 1 FROM restraints r WHERE r.workspace_id = c.workspace_id AND r.until_at > :now)
            FROM campaigns c, accounts a, queue_version v
            WHERE c.id = :campaign AND c.status = 'running' AND a.id = :account AND a.lease = :lease""",
        "due": f"""
            SELECT id, address, fields, attempt, state FROM messages
            WHERE campaign_id = :campaign AND due_at <= :now ORDER BY due_at LIMIT :limit {database.skip_locked}""",
        "fresh": f"""
            SELECT id, address, fields, attempt, state FROM messages
            WHERE campaign_id = :campaign AND state = 0 AND due_at IS NULL AND id > :after
            ORDER BY id LIMIT :limit {database.skip_locked}""",
        "suppressed": f"""
            SELECT s.address FROM ({keys}) AS r JOIN campaigns c ON c.id = :campaign
            JOIN suppressions s ON s.workspace_id = c.workspace_id AND s.channel = c.channel
                               AND s.address = r.suppression_key
            WHERE s.expires_at IS NULL OR s.expires_at > :now""",
        "claim": f"""
            UPDATE messages SET state = 1, account_id = :account, lease = :lease, due_at = NULL, at = :now,
                   layers = NULL
            WHERE {these}""",
        "claim_in_layers": f"""
            UPDATE messages SET layers = r.layers FROM ({in_layers}) AS r WHERE messages.id = r.id {joined}""",
        "layers_of": f"SELECT layers FROM messages WHERE {these} AND layers IS NOT NULL",
        # Not before its moment: it waits in the queue as what it is.
        "put_off": f"""
            UPDATE messages SET due_at = r.due_at FROM ({put_off}) AS r
            WHERE messages.id = r.id AND messages.state IN (0, 3) {joined}""",
        # Where a campaign chooses its accounts: what is on an account's pile, whom messages were dealt to, dealing.
        "pile": f"""
            SELECT id, address, fields, attempt, state FROM messages
            WHERE campaign_id = :campaign AND state = 0 AND dealt_to IS NOT NULL AND dealt_to = :account
              AND (due_at <= :now OR due_at >= :pile)
            ORDER BY id LIMIT :limit {database.skip_locked}""",
        "dealt_to": f"SELECT id, dealt_to FROM messages WHERE {these} AND dealt_to IS NOT NULL",
        "deal": f"""
            UPDATE messages SET state = 0, dealt_to = r.account_id, due_at = :pile FROM ({dealt}) AS r
            WHERE messages.id = r.id AND messages.state IN (0, 3) {joined}""",
        # A dead sender's account: the fence rises first, then what it held is sorted out.
        "raise_fence": """
            UPDATE accounts SET lease = lease + 1, sender_id = NULL WHERE id = :account AND sender_id = :sender
            RETURNING lease""",
        "held": f"""
            SELECT id, campaign_id, attempt, lease, state FROM messages
            WHERE account_id = :account AND lease < :lease AND state BETWEEN 1 AND 2 ORDER BY id {database.lock_rows}""",
        "pace": "UPDATE campaigns SET next_at = :next_at WHERE id = :campaign",
    }
    return {name: sql(statement) for name, statement in statements.items()}
