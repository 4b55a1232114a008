// The few icons: strokes of one width on a grid of 24, hidden from screen readers, because words stand beside them.
import type { SVGProps } from "react";

const PATHS = {
  dashboard: "M4 19a8.5 8.5 0 1 1 16 0M12 15l4-5M12 16.5h.01",
  campaign: "M4 6h16v12H4zM4 7l8 6 8-6",
  contacts: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.300M18 14.500c2 .8 3.200 2.600 3.500 5.500",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  numbers: "M10 6h10M10 12h10M10 18h10M4 4.500h1.500V8M3.500 16h2.500v1l-2.500 3h2.500",
  segment: "M4 5h16l-6 7.500V19l-4 1.500v-8z",
  suppression: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.700 5.700l12.600 12.600",
  account: "M4 5h16v5H4zM4 14h16v5H4zM8 7.500h.01M8 16.500h.01",
  template: "M5 4h14v16H5zM8 8h8M8 12h8M8 16h4",
  file: "M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500",
  limit: "M4 18a8 8 0 1 1 16 0M12 18l4.500-6M4 21h16",
  hand: "M7 12V6.500a1.500 1.500 0 0 1 3 0V11M10 11V4.500a1.500 1.500 0 0 1 3 0V11M13 11V5.500a1.500 1.500 0 0 1 3 0V12M16 9.500a1.500 1.500 0 0 1 3 0V15c0 4-2.500 6-6 6-4 0-5.500-2-8.500-7.500-.6-1.300 1-2.300 2-1.200L8 14",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500v-5M9 19.500v-5",
  audit: "M7 4h10l3 3v13H4V4zM8 10h8M8 14h8",
  worker: "M5 5h14v9H5zM3 19h18M9 19v-5M15 19v-5",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.500l4.500 4.500L19 7.500",
  alert: "M12 4 2.800 20h18.400zM12 10v4M12 17h.01",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l11 7-11 7z",
  stop: "M6 6h12v12H6z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20.500c.6-4.300 3.300-6.500 7.500-6.500s6.900 2.200 7.500 6.500",
  download: "M12 4v11M7 10.500l5 5 5-5M4 20h16",
  upload: "M12 16V5M7 9.500l5-5 5 5M4 20h16",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.500 4.500",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.500l3.500 2",
  bolt: "M13 3 5 13.500h6L10.500 21 19 10.500h-6.500z",
  eye: "M2.500 12C5 7.500 8 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.500 6.500-9.500 6.500S5 16.500 2.500 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  phone: "M8 3h8v18H8zM11 18h2",
  desktop: "M3 5h18v11H3zM9 20h6M12 16v4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  key: "M8 15a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 11h9M18 11v3.500",
  webhook: "M9 8a3.500 3.500 0 1 1 5 3l2.500 4.500M6.500 13A3.500 3.500 0 1 0 10 17.500h5.500M17.500 21a3.500 3.500 0 1 0-2-6.300",
  logout: "M14 5H5v14h9M10 12h11M17.500 8.500 21 12l-3.500 3.500",
  up: "M12 20V5M5.500 11.500 12 5l6.500 6.500",
  down: "M12 4v15M5.500 12.500 12 19l6.500-6.500",
  undo: "M9 14 4 9l5-5M4 9h10.500a5.500 5.500 0 0 1 0 11H11",
  redo: "M15 14l5-5-5-5M20 9H9.500a5.500 5.500 0 0 0 0 11H13",
  refresh: "M20 11a8 8 0 0 0-14.500-3.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14.500 3.500L20 15M20 20v-5h-5",
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps extends Omit<SVGProps<SVGSVGElement>, "name"> {
  name: IconName;
  size?: number;
}

/** An icon beside words. */
export function Icon({ name, size = 18, ...rest }: IconProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.8}
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false" {...rest}>
      <path d={PATHS[name]} />
    </svg>
  );
}
