"""Every command: the module that brings it and its line in the help, so that none has to be loaded to be listed."""

from __future__ import annotations

# Module of this package -> command -> its line, in the order of the help. A test holds them against the modules.
COMMANDS = {
    "send": {
        "send": "Create the campaign of a file, or continue it, and send until it is completed.",
    },
    "check": {
        "check": "What is wrong with a campaign before it starts: its message, its fields, its senders, and what WhatsApp would cost.",
    },
    "forecast": {
        "forecast": "When a campaign will finish, when it pauses and resumes on the way, and what holds it up. Nothing is sent.",
    },
    "campaigns": {
        "status": "Where a campaign stands; without a key, every campaign.",
        "messages": "Every message of a campaign, one line each: address, state, account, attempts, message id, reply, time.",
        "pause": "Hand over nothing more until the campaign is resumed; takes effect within a second everywhere.",
        "resume": "Let a paused campaign go on.",
        "stop": "End a campaign for good: what was not sent is cancelled.",
        "resolve": "Decide the uncertain messages of a campaign.",
        "explain": "Why nothing is being sent, or not more: one sentence per cause.",
    },
    "came_back": {
        "report": "What a campaign has led to: deliveries, opens, clicks by link, bounces, complaints, unsubscribes.",
        "events": "Everything that happened to every message of a campaign, one line each, in the order of the audience.",
    },
    "imports": {
        "import": "Import contacts into a list; interrupted and called again, it goes on where it was.",
    },
    "accounts": {
        "accounts": "Stored accounts; a campaign file names one by account = NAME.",
    },
    "limits": {
        "limits": "Limits of the workspace, of servers, campaigns, domains and providers.",
    },
    "rules": {
        "rules": "What is suspended or slowed down when providers answer so.",
    },
    "mailboxes": {
        "mailboxes": "Mailboxes that are read for bounces and other reports.",
    },
    "domains": {
        "domains": "Domains that messages come from, and their DKIM keys.",
    },
    "files": {
        "files": "Images that messages show, and files to attach.",
    },
    "suppression": {
        "suppression": "Addresses that get nothing.",
    },
    "privacy": {
        "privacy": "What is known of a person, and how to erase them.",
    },
    "whatsapp": {
        "whatsapp": "WhatsApp numbers and templates as the provider sees them, and costs.",
    },
    "users": {
        "users": "People who may log in, in every workspace.",
    },
    "keys": {
        "keys": "API keys of the first workspace.",
    },
    "workers": {
        "workers": "Remote workers of the first workspace.",
    },
    "serve": {
        "serve": "Run the server: the API, the recurring work and senders, each a process, until Ctrl-C or SIGTERM.",
    },
    "sender": {
        "sender": "Run one more sender for everybody's campaigns, on any machine, until Ctrl-C or SIGTERM.",
    },
    "worker": {
        "worker": "Send campaigns for a controller, from this machine, until Ctrl-C or SIGTERM. Its key is WORKER_API_KEY.",
        "worker-check": "Check whether a worker, ours or anybody's, keeps the protocol. Nothing is sent. Its keys are in the environment.",
    },
    "receive": {
        "receive": "Take one mail that came back from standard input; ends with 75 when the MTA has to bring it again.",
    },
    "demo": {
        "demo": "Send 1,000 messages through 10 accounts to a sandbox that counts every copy; each run uses a fresh folder.",
    },
    "sandbox": {
        "sandbox": "Take every message and pass none on, until Ctrl-C or SIGTERM; then say what arrived.",
    },
    "installation": {
        "doctor": "Check the database, its speed and locks, the data directory and the clock.",
        "database": "The database's schema, and copies of it.",
    },
}
