// How everything looks: one accent, quiet surfaces, figures that stand under each other.
import { createTheme, type CSSVariablesResolver } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 9, dark: 9 },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.6rem" }, h2: { fontSize: "1.15rem" }, h3: { fontSize: "1rem" } } },
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5 } } },
    Table: { defaultProps: { verticalSpacing: "xs", highlightOnHover: true } },
  },
});

/** Contrast of at least 4.5 for small dimmed text and for placeholders, on both grounds (WCAG 1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#59636e",
    "--mantine-color-placeholder": "#68727d",
    "--mantine-color-body": "#f6f8f9",
    "--paceline-surface": "#ffffff",
    "--paceline-line": "#dfe4e8",
    "--paceline-track": "#e6ebef",
    "--mantine-color-teal-light-color": "#06603f",
    "--mantine-color-blue-light-color": "#15538f",
    "--mantine-color-violet-light-color": "#5030a8",
    "--mantine-color-gray-light-color": "#434a52",
    "--mantine-color-yellow-light-color": "#7a4f00",
    "--mantine-color-orange-light-color": "#963500",
    "--mantine-color-red-light-color": "#a61e1e",
  },
  dark: {
    "--mantine-color-dimmed": "#a4afba",
    "--mantine-color-placeholder": "#939eaa",
    "--mantine-color-body": "#11161b",
    "--paceline-surface": "#181f26",
    "--paceline-line": "#2c3640",
    "--paceline-track": "#2a343e",
  },
});
