// The TypeScript sources of the packages, for scripts: an entry is bundled and imported.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.dirname(import.meta.dirname);

/** Everything that a package exports: `await sources("@sequent/data")`. */
export async function sources(name) {
  const { build } = await import("rolldown");
  const { output } = await build({
    input: path.join(root, "packages", name.replace("@sequent/", ""), "src", "index.ts"),
    platform: "node",
    write: false,
    logLevel: "silent",
    resolve: { conditionNames: ["@sequent/source", "node", "import", "default"] },
    output: { format: "esm", codeSplitting: false },
  });
  const folder = path.join(root, "node_modules", ".cache", "sequent");
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${path.basename(name)}.${process.pid}.mjs`);
  try {
    fs.writeFileSync(file, output[0].code);
    return await import(pathToFileURL(file).href);
  } finally {
    fs.rmSync(file, { force: true });
  }
}
