// The layers that limits can hold for, above single accounts.
import type { Schemas } from "../../api/client";

export type Layer = Schemas["LayerLimitAnswer"];
export type LayerKind = Schemas["LayerLimit"]["for"];

export const LIMITS_KEY = ["limits"] as const;

export const KINDS: readonly { value: LayerKind; label: string; about: (name: string) => string }[] = [
  { value: "workspace", label: "Everything that the workspace sends", about: () => "Everything that is sent" },
  { value: "server", label: "All accounts on a server", about: (name) => `All accounts on ${name || "this server"} together` },
  { value: "campaign", label: "One campaign", about: (name) => `The campaign ${name}` },
  { value: "domain", label: "All recipients of a domain", about: (name) => `Everybody at ${name || "this domain"} together` },
  { value: "provider", label: "All recipients of a provider of mailboxes", about: (name) => `Everybody whose mailbox is at ${name || "this provider"} together` },
];

/** Operators of mailboxes whose domains the server knows; it says so when it knows another one by now. */
export const PROVIDERS = ["google", "microsoft", "yahoo", "apple", "united-internet", "telekom", "mail.ru", "yandex", "proton", "orange", "free", "laposte"];

/** What a layer is called in a list. */
export function layerTitle(layer: Layer): string {
  return KINDS.find((one) => one.value === layer.for)?.about(layer.name) ?? `${layer.for} ${layer.name}`;
}
