import { defineConfig } from "vite";

// A script, more of them for pages that few visits open, one style sheet, the fonts: all under console/, named by their
// hashes. Nothing is inlined, so that the server's content security policy needs no exception.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    assetsDir: "console",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 400,
  },
});
