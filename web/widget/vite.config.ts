/**
 * Two builds: the panel first, an ES module whose name carries its hash; then the loader, one classic script that knows
 * that name. The inbox's build writes to the same folder, so neither empties it.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type Rolldown, type InlineConfig, build, defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const outDir = here("../../dist/inbox");

/** Library builds, because others are given a helper for preloading that is larger than what it would preload. */
function configFor(options: {
  entry: string;
  file: string;
  format: "es" | "iife";
  define?: Record<string, string>;
}): InlineConfig {
  const { entry, file, format, define = {} } = options;
  return {
    configFile: false,
    root: here("."),
    publicDir: false,
    define,
    build: {
      outDir,
      emptyOutDir: false,
      target: "es2022",
      // Browsers of the last two years or so: nothing has to be spelled out twice for older ones.
      cssTarget: ["chrome123", "firefox121", "safari17.5"],
      reportCompressedSize: false,
      lib: { entry: here(entry), formats: [format], name: "HiloWidget", fileName: () => file },
      rolldownOptions: {
        // What files share with the panel stays in the panel: one request, not two.
        preserveEntrySignatures: "allow-extension",
        output: { entryFileNames: file, chunkFileNames: "widget/[name]-[hash].js", minify: true },
      },
    },
  };
}

function findEntry(built: Awaited<ReturnType<typeof build>>): string {
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ("output" in one ? one.output : []));
  const entry = outputs.find((file): file is Rolldown.OutputChunk => file.type === "chunk" && file.isEntry);
  if (!entry) throw new Error("The panel's build made no entry");
  return entry.fileName;
}

export default defineConfig(async () => {
  const panel = findEntry(await build(configFor({ entry: "panel.ts", file: "widget/panel-[hash].js", format: "es" })));
  // For loaders that a cache kept beyond the deploy that removed their panel.
  writeFileSync(`${outDir}/widget/panel.js`, `export * from "./${basename(panel)}";\n`);
  return configFor({
    entry: "loader.ts",
    file: "widget.js",
    format: "iife",
    define: { __PANEL_PATH__: JSON.stringify(panel) },
  });
});
