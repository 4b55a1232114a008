"""Every setting: name in the environment, default, unit, meaning. Read once at the start and checked there.

Long because it is the table of all settings, in one place by design.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import platformdirs

from paceline.domain.client_address import parse_networks
from paceline.domain.errors import InputError, Problem
from paceline.domain.opt_out import USUAL_WORDS

DEFAULT_PORT = 8525
"""Where ``paceline serve`` listens unless told otherwise."""


def _setting(
    default: Any, variable: str, unit: str, meaning: str, *, least: float = 0, choices: tuple[str, ...] = ()
) -> Any:
    about = {"variable": variable, "unit": unit, "meaning": meaning, "least": least, "choices": choices}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process."""

    data_dir: str = _setting(
        "",
        "PACELINE_DATA_DIR",
        "path",
        "Where the database, the key file and reports live; empty: the platform's user data directory",
    )
    database: str = _setting(
        "", "PACELINE_DATABASE", "URL", "sqlite:///file.db or postgresql://…; empty: paceline.db in the data directory"
    )
    queue_database: str = _setting(
        "",
        "PACELINE_QUEUE_DATABASE",
        "URL",
        "The database of the busy queue (campaigns, messages, accounts); empty: the same one",
    )
    replica_database: str = _setting(
        "",
        "PACELINE_REPLICA_DATABASE",
        "URL",
        "A streaming replica of PACELINE_DATABASE (PostgreSQL), which reports and exports read; empty: none",
    )
    queue_replica_database: str = _setting(
        "",
        "PACELINE_QUEUE_REPLICA_DATABASE",
        "URL",
        "The same of PACELINE_QUEUE_DATABASE, where the queue has a database of its own",
    )
    replica_lag_seconds: float = _setting(
        30.0, "PACELINE_REPLICA_LAG", "s", "A replica that is further behind is not read: the original is", least=1
    )
    secret_key: str = _setting(
        "",
        "PACELINE_SECRET_KEY",
        "text",
        "Seals stored passwords; empty: a key file made at the first start in the data directory",
    )
    base_url: str = _setting(
        "",
        "PACELINE_BASE_URL",
        "URL",
        "Where people reach the server, for links in mails and on the screen; empty: the address it listens on",
    )
    trusted_proxies: str = _setting(
        "",
        "PACELINE_TRUSTED_PROXIES",
        "networks",
        "Whose X-Forwarded-For is believed: addresses or networks, separated by commas; empty: nobody's",
    )
    oidc_issuer: str = _setting(
        "",
        "PACELINE_OIDC_ISSUER",
        "URL",
        "The identity provider for single sign-on (OpenID Connect); empty: none",
    )
    oidc_client_id: str = _setting(
        "", "PACELINE_OIDC_CLIENT_ID", "text", "What the identity provider calls this installation"
    )
    oidc_client_secret: str = _setting(
        "", "PACELINE_OIDC_CLIENT_SECRET", "text", "The secret that goes with it; empty for a public client"
    )
    oidc_new_user_role: str = _setting(
        "",
        "PACELINE_OIDC_NEW_USER_ROLE",
        "role",
        "In which role whom the provider knows and we do not comes into the first workspace: admin, editor, viewer; "
        "empty: not at all",
    )
    oidc_timeout_seconds: float = _setting(
        10.0, "PACELINE_OIDC_TIMEOUT", "s", "How long one request to the identity provider may take", least=0.1
    )
    import_dir: str = _setting(
        "",
        "PACELINE_IMPORT_DIR",
        "path",
        "A folder of the server whose files may be imported over the API by their path; empty: none",
    )
    connect_timeout_seconds: float = _setting(
        5.0, "PACELINE_DATABASE_CONNECT_TIMEOUT", "s", "How long one attempt to reach the database may take", least=0.1
    )
    connect_attempts: int = _setting(
        3,
        "PACELINE_DATABASE_CONNECT_ATTEMPTS",
        "count",
        "Attempts to reach the database, with exponential back-off",
        least=1,
    )
    statement_timeout_seconds: float = _setting(
        10.0, "PACELINE_DATABASE_STATEMENT_TIMEOUT", "s", "How long one statement may take", least=0.1
    )
    lock_timeout_seconds: float = _setting(
        5.0, "PACELINE_DATABASE_LOCK_TIMEOUT", "s", "How long to wait for a lock", least=0.1
    )
    session_idle_seconds: float = _setting(
        60.0,
        "PACELINE_DATABASE_SESSION_IDLE",
        "s",
        "After this a transaction that does nothing is ended (PostgreSQL)",
        least=1,
    )
    pool_size: int = _setting(20, "PACELINE_DATABASE_POOL_SIZE", "count", "Connections per database, at most", least=1)
    pool_wait_seconds: float = _setting(
        5.0, "PACELINE_DATABASE_POOL_WAIT", "s", "How long to wait for a free connection", least=0.1
    )
    pool_check_seconds: float = _setting(
        30.0, "PACELINE_DATABASE_POOL_CHECK", "s", "A connection idle for longer is tested before use", least=0
    )
    api_pool_size: int = _setting(
        10, "PACELINE_API_POOL_SIZE", "count", "Connections of the API per database, at most", least=1
    )
    api_patience_seconds: float = _setting(
        4.0,
        "PACELINE_API_DATABASE_PATIENCE",
        "s",
        "How long the API waits for the database, then it answers 503",
        least=1,
    )
    breaker_failures: int = _setting(
        3, "PACELINE_BREAKER_FAILURES", "count", "After so many failures in a row the API answers 503 at once", least=1
    )
    breaker_pause_seconds: float = _setting(
        1.0,
        "PACELINE_BREAKER_PAUSE",
        "s",
        "After this one call tries the database again; each failure doubles it, up to 5 s",
        least=0.1,
    )
    leadership_seconds: float = _setting(
        6.0,
        "PACELINE_LEADERSHIP_SECONDS",
        "s",
        "How long the process that does the recurring work may be silent before another takes over",
        least=0.3,
    )
    lease_seconds: float = _setting(
        30.0, "PACELINE_LEASE_SECONDS", "s", "How long a sender may hold its accounts without a sign of life", least=1
    )
    lease_margin_seconds: float = _setting(
        5.0,
        "PACELINE_LEASE_MARGIN_SECONDS",
        "s",
        "No final dot this long before the lease ends; others wait as long after it",
        least=0.1,
    )
    heartbeat_seconds: float = _setting(
        5.0, "PACELINE_HEARTBEAT_SECONDS", "s", "How often a sender renews its lease", least=0.1
    )
    watch_seconds: float = _setting(
        0.25,
        "PACELINE_WATCH_SECONDS",
        "s",
        "How often a sender looks for a pause, a stop or changed accounts",
        least=0.01,
    )
    intent_timeout_seconds: float = _setting(
        10.0,
        "PACELINE_INTENT_TIMEOUT",
        "s",
        "After this a waiting connection is dropped and its dot never written",
        least=0.1,
    )
    final_dot_timeout_seconds: float = _setting(
        600.0,
        "PACELINE_FINAL_DOT_TIMEOUT",
        "s",
        "How long to wait for the answer to a message (RFC 5321 asks for 600)",
        least=1,
    )
    smtp_connect_timeout_seconds: float = _setting(
        30.0, "PACELINE_SMTP_CONNECT_TIMEOUT", "s", "How long to wait for a connection to an SMTP server", least=0.1
    )
    connection_age_seconds: float = _setting(
        300.0, "PACELINE_CONNECTION_AGE", "s", "An SMTP connection older than this is replaced", least=1
    )
    whatsapp_sockets: int = _setting(
        100,
        "PACELINE_WHATSAPP_SOCKETS",
        "count",
        "Connections of one WhatsApp number of 80 messages a second at the same time, at most, and in proportion of a faster "
        "one; how many there are follows from rate and measured latency",
        least=1,
    )
    whatsapp_idle_sockets: int = _setting(
        10, "PACELINE_WHATSAPP_IDLE_SOCKETS", "count", "Of these, how many are kept while nothing is sent on them"
    )
    whatsapp_activity_seconds: float = _setting(
        60.0, "PACELINE_WHATSAPP_ACTIVITY_TIMEOUT", "s", "How long one request to WhatsApp may take", least=1
    )
    whatsapp_idle_seconds: float = _setting(
        30.0, "PACELINE_WHATSAPP_IDLE_TIMEOUT", "s", "An unused connection to WhatsApp is closed after this", least=1
    )
    whatsapp_lifetime_seconds: float = _setting(
        60.0, "PACELINE_WHATSAPP_LIFETIME", "s", "A connection to WhatsApp older than this is replaced", least=1
    )
    token_key: int = _setting(
        1,
        "PACELINE_TOKEN_KEY",
        "number",
        "The key, 1 to 255, that signs new links; raise it to change keys, here and at every sender",
        least=1,
    )
    token_key_oldest: int = _setting(
        1, "PACELINE_TOKEN_KEY_OLDEST", "number", "Links signed with an older key are refused", least=1
    )
    ses_topics: str = _setting(
        "",
        "PACELINE_SES_TOPICS",
        "ARNs",
        "SNS topics of Amazon SES whose notifications are taken, separated by commas; empty: none",
    )
    sendgrid_key: str = _setting(
        "",
        "PACELINE_SENDGRID_KEY",
        "text",
        "The verification key of SendGrid's signed event webhook; empty: its events are refused",
    )
    whatsapp_rates: str = _setting(
        "",
        "PACELINE_WHATSAPP_RATES",
        "path",
        "A CSV file with the columns category, country (calling code, or *) and price; empty: costs have no amounts",
    )
    whatsapp_check_seconds: float = _setting(
        900.0,
        "PACELINE_WHATSAPP_CHECK",
        "s",
        "How often the provider is asked how WhatsApp numbers stand, and for their templates",
        least=1,
    )
    whatsapp_app_secrets: str = _setting(
        "",
        "PACELINE_WHATSAPP_APP_SECRETS",
        "texts",
        "The secrets of the apps whose WhatsApp webhooks are taken, separated by commas; empty: none",
    )
    whatsapp_verify_token: str = _setting(
        "",
        "PACELINE_WHATSAPP_VERIFY_TOKEN",
        "text",
        "The token that you give the provider along with the webhook's address; empty: no handshake succeeds",
    )
    whatsapp_opt_out_words: str = _setting(
        USUAL_WORDS,
        "PACELINE_WHATSAPP_OPT_OUT_WORDS",
        "words",
        "Answers, separated by commas, after which somebody gets nothing more; case, accents and punctuation do not matter",
    )
    soft_bounces: int = _setting(
        3,
        "PACELINE_SOFT_BOUNCES",
        "messages",
        "So many messages that bounced softly suppress an address; 0: never. Hard bounces and complaints do at once",
    )
    soft_bounce_days: float = _setting(
        30.0, "PACELINE_SOFT_BOUNCE_DAYS", "days", "Within so many days soft bounces are counted together", least=0.1
    )
    soft_bounce_suppression_days: float = _setting(
        90.0, "PACELINE_SOFT_BOUNCE_SUPPRESSION", "days", "For how long soft bounces suppress an address; 0: for ever"
    )
    mailbox_connections: int = _setting(
        50,
        "PACELINE_MAILBOX_CONNECTIONS",
        "count",
        "Connections to mailboxes at once; with more mailboxes than these each is looked into in turn",
        least=1,
    )
    mailbox_poll_seconds: float = _setting(
        60.0,
        "PACELINE_MAILBOX_POLL",
        "s",
        "How long a mailbox may go unlooked at where its server does not tell of new mail",
        least=1,
    )
    lmtp_port: int = _setting(
        0, "PACELINE_LMTP_PORT", "port", "Where `paceline serve` takes mail that came back over LMTP; 0: nowhere"
    )
    lmtp_host: str = _setting(
        "127.0.0.1",
        "PACELINE_LMTP_HOST",
        "address",
        "On which address it does; there is no login, so only your own MTA should reach it",
    )
    api_rate_per_second: float = _setting(
        200.0,
        "PACELINE_API_RATE",
        "requests/s",
        "What one key or person may ask on average; strangers a quarter",
        least=1,
    )
    api_rate_burst: float = _setting(
        400.0, "PACELINE_API_BURST", "requests", "What one key or person may ask at once; strangers a quarter", least=4
    )
    backoff_longest_seconds: float = _setting(
        900.0, "PACELINE_BACKOFF_LONGEST", "s", "The longest rest of an account that keeps failing", least=0.1
    )
    log_format: str = _setting(
        "plain",
        "PACELINE_LOG_FORMAT",
        "plain, json",
        "Lines for people, or one JSON object per line",
        choices=("plain", "json"),
    )
    log_level: str = _setting(
        "info",
        "PACELINE_LOG_LEVEL",
        "debug, info, warning, error",
        "The least that is logged",
        choices=("debug", "info", "warning", "error"),
    )
    slow_call_seconds: float = _setting(
        0.0, "PACELINE_LOG_SLOW_CALLS", "s", "API calls that take longer are logged; 0: none"
    )
    slow_query_seconds: float = _setting(
        0.0, "PACELINE_LOG_SLOW_QUERIES", "s", "Database statements that take longer are logged; 0: none"
    )
    log_database_errors: str = _setting(
        "no",
        "PACELINE_LOG_DATABASE_ERRORS",
        "yes, no",
        "Whether each error of a database is logged where it happens",
        choices=("yes", "no"),
    )
    open_health: str = _setting(
        "no",
        "PACELINE_OPEN_HEALTH",
        "yes, no",
        "Whether /health and /metrics answer other machines without a key, or only this one",
        choices=("yes", "no"),
    )
    metrics_port: int = _setting(
        0, "PACELINE_METRICS_PORT", "port", "Where `paceline sender` answers /metrics; 0: nowhere"
    )
    metrics_host: str = _setting(
        "127.0.0.1", "PACELINE_METRICS_HOST", "address", "On which address `paceline sender` answers /metrics"
    )
    metrics_accounts: int = _setting(
        100,
        "PACELINE_METRICS_ACCOUNTS",
        "count",
        "Accounts have metrics of their own while there are no more than these",
    )
    complaints_warn_percent: float = _setting(
        0.1,
        "PACELINE_COMPLAINTS_WARN",
        "%",
        "From so many messages called spam on, of those of the last three days, people are warned; 0: never",
    )
    complaints_pause_percent: float = _setting(
        0.3,
        "PACELINE_COMPLAINTS_PAUSE",
        "%",
        "From so many on, and three at least, the campaign pauses and the account stops; 0: never",
    )
    hard_bounces_pause_percent: float = _setting(
        5.0,
        "PACELINE_HARD_BOUNCES_PAUSE",
        "%",
        "When more of the last 200 messages bounced hard, the same happens, and at half as many people are warned; 0: never",
    )
    spam_refusals_pause_percent: float = _setting(
        5.0,
        "PACELINE_SPAM_REFUSALS_PAUSE",
        "%",
        "The same for messages that were refused for their content or for who sends them; 0: never",
    )
    keep_events_days: float = _setting(
        400.0,
        "PACELINE_KEEP_EVENTS_DAYS",
        "days",
        "Events of messages are removed after this; 0: never",
    )
    keep_audit_days: float = _setting(
        0.0, "PACELINE_KEEP_AUDIT_DAYS", "days", "Lines of the audit log are removed after this; 0: never"
    )

    fails_fast: ClassVar[bool] = False
    """Whether somebody waits for an answer; a sender rather waits for the database."""

    private_hosts: str = _setting(
        "",
        "PACELINE_PRIVATE_HOSTS",
        "list",
        "Hosts, addresses and networks (10.0.0.0/8) that are not public and that accounts and webhooks made through the "
        "API may still name, separated by commas",
    )
    notify_smtp_url: str = _setting(
        "",
        "PACELINE_NOTIFY_SMTP_URL",
        "URL",
        "The server that mails notifications: smtp://user:password@host:587 (STARTTLS), smtps://…:465, "
        "smtp+plain://… (unprotected); empty: no mail",
    )
    notify_from: str = _setting(
        "", "PACELINE_NOTIFY_FROM", "text", "Who notifications come from, such as Paceline <paceline@example.com>"
    )
    files_megabytes: float = _setting(
        1000.0, "PACELINE_FILES_MB", "MB", "How much room the images and attachments of one workspace have together"
    )
    dns_servers: str = _setting(
        "",
        "PACELINE_DNS_SERVERS",
        "list",
        "Name servers that are asked about sending domains, such as 9.9.9.9 or [::1]:53, separated by commas; empty: the "
        "system's",
    )
    dns_timeout_seconds: float = _setting(
        3.0, "PACELINE_DNS_TIMEOUT", "s", "How long one question to name servers may take", least=0.1
    )
    webhook_timeout_seconds: float = _setting(
        10.0, "PACELINE_WEBHOOK_TIMEOUT", "s", "How long a webhook's receiver may take to answer", least=0.1
    )
    notification_days: float = _setting(
        30.0, "PACELINE_NOTIFICATION_DAYS", "days", "How long notifications and the delivery log are kept", least=1
    )

    worker_api_key: str = _setting(
        "",
        "WORKER_API_KEY",
        "keys",
        "At a remote worker: the key that `paceline workers add` printed at the controller; while keys change, the new one "
        "and the old one, separated by a comma",
    )
    worker_signing_key: str = _setting(
        "",
        "WORKER_SIGNING_KEY",
        "keys",
        "At a remote worker: the signing key that was printed with it, likewise; empty: nothing is signed",
    )
    worker_retries: int = _setting(
        3, "MAX_RETRIES", "count", "How often the controller repeats a request that a worker does not answer", least=0
    )
    worker_retry_delay_seconds: float = _setting(
        1.0,
        "RETRY_DELAY",
        "s",
        "The pause before the first of these; each is twice as long as the one before, jittered",
    )
    worker_timeout_seconds: float = _setting(
        20.0, "PACELINE_WORKER_TIMEOUT", "s", "How long one request between controller and worker may take", least=0.1
    )
    worker_batch: int = _setting(
        20_000,
        "PACELINE_WORKER_BATCH",
        "events",
        "How much a worker may report at once when more than 100 wait",
        least=100,
    )
    worker_time_scale: float = _setting(
        1.0,
        "PACELINE_WORKER_TIME_SCALE",
        "factor",
        "Shortens every interval between controller and worker, for trials; 1 keeps the promised ones",
        least=0.0001,
    )
    worker_plain_http: str = _setting(
        "no",
        "PACELINE_WORKER_PLAIN_HTTP",
        "yes, no",
        "Whether controller and worker may talk without TLS beyond one machine: keys, logins and addresses are readable then",
        choices=("yes", "no"),
    )
    worker_certificate: str = _setting(
        "",
        "PACELINE_WORKER_CERTIFICATE",
        "path",
        "The certificate chain of `paceline worker`; empty: it speaks plain HTTP",
    )
    worker_certificate_key: str = _setting("", "PACELINE_WORKER_CERTIFICATE_KEY", "path", "The key that goes with it")
    controller_ca: str = _setting(
        "",
        "PACELINE_CONTROLLER_CA",
        "path",
        "At a worker: the only authority whose certificate the controller may show",
    )

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other, or that cannot be read."""
        try:
            parse_networks(self.trusted_proxies)
        except ValueError as error:
            problem = Problem(file="environment", field="PACELINE_TRUSTED_PROXIES", message=str(error))
            raise InputError([problem]) from None
        if self.heartbeat_seconds + self.lease_margin_seconds >= self.lease_seconds:
            raise InputError(
                [
                    Problem(
                        file="environment",
                        field="PACELINE_LEASE_SECONDS",
                        message=f"must be longer than heartbeat plus margin "
                        f"({self.heartbeat_seconds + self.lease_margin_seconds:g} s), got {self.lease_seconds:g} s",
                    )
                ]
            )

    def for_api(self) -> ApiSettings:
        """The same for a process in which people wait: a pool of its own, and no wait for the database beyond 5 s.

        One transaction takes at most a quarter of the patience for a free connection, then one attempt to connect (2 s;
        the driver knows no shorter one) or statements for what is left of the patience.
        """
        patience = self.api_patience_seconds
        changed = {
            "pool_size": self.api_pool_size,
            "pool_wait_seconds": min(self.pool_wait_seconds, patience / 4),
            "connect_timeout_seconds": min(self.connect_timeout_seconds, 2.0),
            "connect_attempts": 1,
            "statement_timeout_seconds": min(self.statement_timeout_seconds, patience),
            "lock_timeout_seconds": min(self.lock_timeout_seconds, patience / 3),
        }
        return ApiSettings(**{**asdict(self), **changed})

    @property
    def logs_database_errors(self) -> bool:
        """Whether each error of a database is logged."""
        return self.log_database_errors == "yes"

    @property
    def has_open_health(self) -> bool:
        """Whether /health and /metrics answer other machines without a key."""
        return self.open_health == "yes"

    @property
    def data_path(self) -> Path:
        """The data directory."""
        return Path(self.data_dir) if self.data_dir else Path(platformdirs.user_data_dir("paceline", appauthor=False))

    @property
    def reports_path(self) -> Path:
        """Where reports such as KEY.refused.csv go: beside an SQLite queue, else into the data directory."""
        url = self.queue_url
        return Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite:///") else self.data_path

    @property
    def database_url(self) -> str:
        """The URL of the catalogue's database, which is the queue's too unless that has one of its own."""
        return self.database or f"sqlite:///{self.data_path.resolve() / 'paceline.db'}"

    @property
    def public_url(self) -> str:
        """Where people reach the server, without a slash at the end."""
        return (self.base_url or f"http://127.0.0.1:{DEFAULT_PORT}").rstrip("/")

    @property
    def queue_url(self) -> str:
        """The URL of the queue's database."""
        return self.queue_database or self.database_url

    @property
    def has_two_databases(self) -> bool:
        """Whether the queue has a database of its own."""
        return self.queue_url != self.database_url


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(Settings):
    """The settings of a process that would rather fail than let somebody wait."""

    fails_fast: ClassVar[bool] = True


def read_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings from the environment; ``overrides`` (from the command line) win where they are not None.

    Raises InputError naming the variable and what it accepts.
    """
    source = os.environ if environment is None else environment
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for item in fields(Settings):
        variable = item.metadata["variable"]
        if overrides.get(item.name) is not None:
            values[item.name] = overrides[item.name]
        elif source.get(variable):
            try:
                values[item.name] = _parse(source[variable], item.default, item.metadata)
            except ValueError as error:
                problems.append(Problem(file="environment", field=variable, message=str(error)))
    if problems:
        raise InputError(problems)
    return Settings(**values)


def _parse(raw: str, default: Any, accepted: Mapping[str, Any]) -> Any:
    least, choices = accepted["least"], accepted["choices"]
    if isinstance(default, str):
        if choices and raw not in choices:
            raise ValueError(f"accepts {', '.join(choices)}, got {raw!r}")
        return raw
    kind = "a whole number" if isinstance(default, int) else "a number"
    try:
        value = type(default)(raw)
    except ValueError:
        value = None
    if value is None or not least <= value < float("inf"):
        raise ValueError(f"accepts {kind} of at least {least:g}, got {raw!r}")
    return value
