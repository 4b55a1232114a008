// How the pages are built: hashed files into the Python package, nothing inline, so that the strict policy holds.
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * The block editor's libraries make style elements without the nonce that the policy asks for, and take none (Puck 0.23);
 * and they carry their style sheet as text, too, with a font from elsewhere, for pages that do not link it.
 */
function stylesOfBlocks(): Plugin {
  return {
    name: "styles-of-blocks",
    transform(code, id) {
      if (!/node_modules\/(?:@puckeditor|@dnd-kit)\//.test(id) || !code.includes('createElement("style")')) return null;
      const changed = code
        .replace(/(\w+)\.createElement\("style"\)/g, 'Object.assign($1.createElement("style"), { nonce: nonceOfPage() })')
        .replace(/^var (defaultUiStyles|iframeInteractionStyles) = (?:`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*');$/gms, 'var $1 = "";');
      return { code: `import { getNonce as nonceOfPage } from "get-nonce";\n${changed}`, map: null };
    },
  };
}

export default defineConfig({
  plugins: [react(), stylesOfBlocks()],
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
