// A segment's filter as the builder holds it: one level of conditions, or a tree that only text can show (docs/explanation/segments.md).

export const FIELD_COMPARISONS = [
  { value: "equals", label: "is" },
  { value: "not_equals", label: "is not" },
  { value: "contains", label: "contains" },
  { value: "starts_with", label: "begins with" },
  { value: "ends_with", label: "ends with" },
  { value: "one_of", label: "is one of" },
  { value: "greater", label: "is more than" },
  { value: "less", label: "is less than" },
  { value: "is_empty", label: "is empty" },
  { value: "is_not_empty", label: "is not empty" },
] as const;

export type FieldComparison = (typeof FIELD_COMPARISONS)[number]["value"];

export type Condition =
  | { kind: "field"; field: string; comparison: FieldComparison; value: string }
  | { kind: "list"; list: string; is: "subscribed" | "unsubscribed" | "not_on" }
  | { kind: "activity"; activity: "sent" | "opened" | "clicked"; never: boolean; withinDays: number | null; campaign: string | null }
  | { kind: "domain"; domains: string };

export interface Conditions {
  /** Whether all must hold, or one is enough. */
  join: "all" | "any";
  conditions: Condition[];
}

type Node = Record<string, unknown>;

/** The conditions of a filter; null when it has levels that the builder does not show. */
export function conditionsOf(filter: Node): Conditions | null {
  const join = "all" in filter ? "all" : "any" in filter ? "any" : null;
  const parts = join ? filter[join] : [filter];
  if (!Array.isArray(parts)) return null;
  const conditions = parts.map((part) => conditionOf(part as Node));
  return conditions.every((one) => one !== null) ? { join: join ?? "all", conditions: conditions as Condition[] } : null;
}

function conditionOf(node: Node): Condition | null {
  if ("field" in node) {
    const comparison = FIELD_COMPARISONS.find(({ value }) => value in node)?.value;
    if (!comparison) return null;
    const value = node[comparison];
    const text = Array.isArray(value) ? value.join(", ") : value === true ? "" : String(value);
    return { kind: "field", field: String(node.field), comparison, value: text };
  }
  if ("list" in node) return { kind: "list", list: String(node.list), is: node.is as "subscribed" };
  if ("activity" in node) {
    return {
      kind: "activity", activity: node.activity as "sent", never: node.never === true,
      withinDays: typeof node.within_days === "number" ? node.within_days : null, campaign: typeof node.campaign === "string" ? node.campaign : null,
    };
  }
  if ("email_domain" in node && Array.isArray(node.email_domain)) return { kind: "domain", domains: node.email_domain.join(", ") };
  return null;
}

/** The filter that conditions stand for. */
export function filterOf({ join, conditions }: Conditions): Node {
  return { [join]: conditions.map(nodeOf) };
}

function nodeOf(condition: Condition): Node {
  switch (condition.kind) {
    case "field":
      return { field: condition.field.trim(), [condition.comparison]: valueOf(condition) };
    case "list":
      return { list: condition.list, is: condition.is };
    case "activity":
      return {
        activity: condition.activity,
        ...(condition.campaign ? { campaign: condition.campaign } : {}),
        ...(condition.withinDays ? { within_days: condition.withinDays } : {}),
        ...(condition.never ? { never: true } : {}),
      };
    case "domain":
      return { email_domain: words(condition.domains) };
  }
}

function valueOf({ comparison, value }: { comparison: FieldComparison; value: string }): unknown {
  if (comparison === "is_empty" || comparison === "is_not_empty") return true;
  if (comparison === "one_of") return words(value);
  if ((comparison === "greater" || comparison === "less") && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  return value;
}

const words = (text: string): string[] => text.split(",").map((word) => word.trim()).filter((word) => word !== "");
