// Time zones to choose from, and the person's own.

/** Every zone that the browser knows, UTC first. */
export const TIME_ZONES: readonly string[] = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

/** Where the person is. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
