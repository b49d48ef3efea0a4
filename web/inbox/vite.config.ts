import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";
import { formatHeadersFile } from "../../worker/domain/security-headers.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What Cloudflare is to send with the files that it serves by itself, from the same list as the Worker's. */
const headersFile: Plugin = {
  name: "hilo-headers",
  generateBundle() {
    this.emitFile({ type: "asset", fileName: "_headers", source: formatHeadersFile() });
  },
};

export default defineConfig({
  root: here("."),
  publicDir: here("./public"),
  plugins: [vue(), tailwindcss(), headersFile],
  define: {
    // Only the composition API is used; the legacy one would be dead weight in the first load.
    __VUE_OPTIONS_API__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: here("../../dist/inbox"),
    // The widget's build writes into the same folder.
    emptyOutDir: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
