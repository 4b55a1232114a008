// Reply rules as the pages name them: what is counted, what happens then, and rules to begin with.
import type { Schemas } from "../../api/client";
import { plural, span } from "../../shared/format";

export type Rule = Schemas["ReplyRuleAnswer"];
export type Held = Schemas["HeldBack"];
export type CountBy = NonNullable<Schemas["ReplyRule"]["count_by"]>;
export type Action = NonNullable<Schemas["ReplyRule"]["action"]>;

export const RULES_KEY = ["reply-rules"] as const;

/** Which answers, and what follows: the fields of a form. */
export interface RuleValues {
  name: string;
  code: string;
  enhanced: string;
  text: string;
  count_by: CountBy;
  after: number;
  within_seconds: number;
  action: Action;
  for_seconds: number;
  /** Per cent of the pace. */
  share: number;
}

export const COUNTED: readonly { value: CountBy; label: string; each: string }[] = [
  { value: "account", label: "Each account", each: "one account" },
  { value: "server", label: "Each server, with all its accounts", each: "one server" },
  { value: "domain", label: "Each domain of recipients", each: "one domain" },
  { value: "campaign", label: "Each campaign", each: "one campaign" },
];

export const ACTIONS: readonly { value: Action; label: string }[] = [
  { value: "suspend", label: "Send nothing for a time" },
  { value: "lower", label: "Send slower for a time" },
  { value: "pause", label: "Pause the campaign until a person looks" },
];

const NEW: RuleValues = { name: "", code: "", enhanced: "", text: "", count_by: "account", after: 1, within_seconds: 60, action: "suspend", for_seconds: 600, share: 50 };

/** What many need; each is a start to be changed. */
export const EXAMPLES: readonly { value: string; label: string; rule: RuleValues }[] = [
  { value: "too-fast", label: "The provider says: too fast", rule: { ...NEW, name: "too-fast", enhanced: "4.7.*", count_by: "server", after: 10, within_seconds: 3600, action: "lower", for_seconds: 7200 } },
  { value: "too-many-connections", label: "The server says: too many connections", rule: { ...NEW, name: "too-many-connections", code: "421", text: "too many*connections", count_by: "server", after: 5 } },
  { value: "blocked", label: "A provider blocks us", rule: { ...NEW, name: "blocked", code: "5*", text: "block", count_by: "campaign", after: 20, within_seconds: 3600, action: "pause" } },
];

/** What a form begins with: a rule that is there, or an empty one. */
export function valuesOf(rule: Rule | null): RuleValues {
  if (!rule) return NEW;
  const { id: _id, holds: _holds, ...values } = rule;
  return { ...values, count_by: rule.count_by as CountBy, action: rule.action as Action, share: Math.round(rule.share * 100) };
}

/** As the API takes it: without the fields that its action has no use for. */
export function ruleOf({ for_seconds, share, ...values }: RuleValues): Schemas["ReplyRule"] {
  return {
    ...values,
    ...(values.action === "pause" ? {} : { for_seconds }),
    ...(values.action === "lower" ? { share: share / 100 } : {}),
  };
}

/** A rule in one sentence. */
export function sentenceOf(rule: RuleValues): string {
  const each = COUNTED.find((one) => one.value === rule.count_by)?.each ?? rule.count_by;
  const often = rule.after > 1 ? `, ${plural(rule.after, "time")} within ${span(rule.within_seconds)} for ${each}` : `, once for ${each}`;
  return `An answer ${patternWords(rule)}${often}: ${effectWords(rule)}.`;
}

export const hasPattern = (rule: RuleValues): boolean => Boolean(rule.code || rule.enhanced || rule.text);

function patternWords({ code, enhanced, text }: RuleValues): string {
  const parts = [code && `the code ${code}`, enhanced && `the enhanced code ${enhanced}`, text && `the words “${text}”`].filter(Boolean);
  return parts.length > 0 ? `with ${parts.join(" and ")}` : "of any kind";
}

function effectWords({ action, count_by, for_seconds, share }: RuleValues): string {
  if (action === "pause") return "the campaign pauses and waits for a person";
  const long = span(for_seconds);
  if (action === "lower") {
    const who = { account: "it sends", server: "its accounts send", campaign: "it is sent", domain: "its recipients are sent to" }[count_by];
    return `${who} at ${share} % of the pace for ${long}`;
  }
  return `${{ account: "it sends nothing", server: "its accounts send nothing", campaign: "it pauses", domain: "its recipients wait" }[count_by]} for ${long}`;
}
