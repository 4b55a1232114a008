// Events that people and programs can be told of, in words.
import type { Schemas } from "../../api/client";

export type EventName = Schemas["MailChoice"]["events"][number];

const LABELS: Record<EventName, string> = {
  "campaign.completed": "A campaign is completed",
  "campaign.paused": "A campaign pauses",
  "campaign.resumed": "A campaign goes on",
  "campaign.stopped": "A campaign was stopped",
  "campaign.warning": "A campaign draws complaints or bounces",
  "account.warning": "An account draws complaints or bounces",
  "account.broken": "An account is broken",
  "mailbox.broken": "A mailbox cannot be read any more",
  "database.unreachable": "The database cannot be reached",
  "database.back": "The database is back",
  "import.completed": "An import is completed",
  "import.failed": "An import has failed",
};

export const EVENTS = Object.keys(LABELS) as EventName[];

/** The event in words; its name where it is newer than this page. */
export const eventLabel = (event: string): string => LABELS[event as EventName] ?? event;
