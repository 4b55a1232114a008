// How the provider rates a number or a template, as a coloured word.
import { Badge } from "@mantine/core";

const COLOURS: Record<string, string> = { GREEN: "teal", YELLOW: "yellow", RED: "red", APPROVED: "teal", CONNECTED: "teal", PENDING: "gray", PAUSED: "orange", REJECTED: "red", DISABLED: "red" };

/** A rating or a status in the provider's word; "not known" where it has said nothing. */
export function QualityBadge({ value }: { value: string }) {
  return <Badge variant="light" color={COLOURS[value] ?? "gray"} tt="none" radius="sm" className="state-badge">{value ? value.charAt(0) + value.slice(1).toLowerCase().replaceAll("_", " ") : "not known"}</Badge>;
}
