// Numbers, instants and spans as people read them, in their own zone.

const NUMBER = new Intl.NumberFormat("en");
const ONE_DECIMAL = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const SHORT_TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const BY_NAME = new Intl.Collator(undefined, { numeric: true });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** The order of names: relay-2 before relay-10. One collator for all, because making one costs more than a thousand comparisons. */
export const byName = (a: { name: string }, b: { name: string }): number => BY_NAME.compare(a.name, b.name);

/** 12345 -> "12,345". */
export const count = (value: number): string => NUMBER.format(value);

/** One of a thing, or several: plural(2, "account") -> "2 accounts". */
export const plural = (value: number, noun: string, nouns = `${noun}s`): string => `${count(value)} ${value === 1 ? noun : nouns}`;

/** Messages per second as a rate that is easy to picture. */
export function rate(perSecond: number): string {
  if (perSecond >= 1) return `${ONE_DECIMAL.format(perSecond)}/s`;
  if (perSecond * 60 >= 1) return `${ONE_DECIMAL.format(perSecond * 60)}/min`;
  return perSecond > 0 ? `${ONE_DECIMAL.format(perSecond * 3600)}/h` : "0/s";
}

/** Share of a whole in percent; 100 only when nothing is left. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const share = (100 * part) / whole;
  return `${part < whole ? Math.min(99.9, Math.floor(share * 10) / 10) : 100} %`;
}

/** Seconds as "3 min 20 s". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 && whole < 600 ? ` ${whole % 60} s` : ""}`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h${Math.floor((whole % 3600) / 60) ? ` ${Math.floor((whole % 3600) / 60)} min` : ""}`;
  return `${Math.floor(whole / 86_400)} d${Math.floor((whole % 86_400) / 3600) ? ` ${Math.floor((whole % 86_400) / 3600)} h` : ""}`;
}

/** An instant as briefly as it can be understood now: a time today, else with the day. */
export function moment(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  if (at.toDateString() === new Date(now).toDateString()) return SHORT_TIME.format(at);
  return DAY_AND_TIME.format(at);
}

/** A date such as 2027-03-01, as a day. */
export const day = (date: string): string => DAY.format(new Date(`${date}T12:00`));

/** With seconds, for logs. */
export const clockTime = (iso: string): string => TIME.format(new Date(iso));

/** In full, for tooltips. */
export const fullMoment = (iso: string): string => FULL.format(new Date(iso));

/** "in 5 minutes", "3 days ago". */
export function relative(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return RELATIVE.format(Math.round(seconds), "second");
  if (size < 3600) return RELATIVE.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return RELATIVE.format(Math.round(seconds / 3600), "hour");
  return RELATIVE.format(Math.round(seconds / 86_400), "day");
}

/** A size in bytes. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1_000_000) return `${ONE_DECIMAL.format(value / 1000)} kB`;
  return `${ONE_DECIMAL.format(value / 1_000_000)} MB`;
}
