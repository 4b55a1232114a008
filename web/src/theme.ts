// How everything looks: one accent, quiet surfaces, figures that stand under each other.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** Mantine's scale for dark colours, in the blue of the surfaces. */
const DARK: MantineColorsTuple = ["#d3dae1", "#b4bec8", "#8a96a3", "#66727f", "#3a4652", "#303b46", "#1f2831", "#181f26", "#131a20", "#0e1318"];

export const theme = createTheme({
  colors: { dark: DARK },
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
    Badge: { defaultProps: { radius: "sm", tt: "none" } },
    Table: { defaultProps: { verticalSpacing: "xs", highlightOnHover: true } },
  },
});

/** Contrast of at least 4.5 for small dimmed text and for placeholders, on both grounds (WCAG 1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#59636e",
    "--mantine-color-placeholder": "#68727d",
    "--mantine-color-error": "#b42318",
    "--mantine-color-teal-filled-hover": "#066649",
    "--mantine-color-body": "#f6f8f9",
    "--paceline-surface": "#ffffff",
    "--paceline-line": "#dfe4e8",
    "--paceline-track": "#e6ebef",
    "--mantine-color-teal-light": "#e0f5ec",
    "--mantine-color-yellow-light": "#fdf3d3",
    "--mantine-color-orange-light": "#feebdc",
    "--mantine-color-red-light": "#fdeaea",
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
    "--mantine-color-error": "#ff9d94",
    "--mantine-color-teal-filled-hover": "#066649",
    "--mantine-color-body": "#11161b",
    "--paceline-surface": "#181f26",
    "--paceline-line": "#2c3640",
    "--paceline-track": "#2a343e",
    "--mantine-color-teal-light": "#12352b",
    "--mantine-color-blue-light": "#173350",
    "--mantine-color-violet-light": "#2f2856",
    "--mantine-color-gray-light": "#29323b",
    "--mantine-color-yellow-light": "#3a3013",
    "--mantine-color-orange-light": "#3d2614",
    "--mantine-color-red-light": "#421f1f",
    "--mantine-color-teal-light-color": "#6fe0bb",
    "--mantine-color-blue-light-color": "#a5d3fb",
    "--mantine-color-violet-light-color": "#cdbff9",
    "--mantine-color-gray-light-color": "#c9d1d9",
    "--mantine-color-yellow-light-color": "#ffdf80",
    "--mantine-color-orange-light-color": "#ffbf85",
    "--mantine-color-red-light-color": "#ffb0b0",
  },
});
