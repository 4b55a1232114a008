// How the pages are built: hashed files into the Python package, nothing inline, so that the strict policy holds.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  html: { cspNonce: "PACELINE_NONCE" },
  build: {
    outDir: "../src/paceline/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8525", "/preview-frame": "http://127.0.0.1:8525" } },
});
