// Bundles src/main.ts and all it imports into the single file dist/sequent.cjs. A development tool: it isn't published.
import fs from "node:fs";
import path from "node:path";

const home = path.dirname(import.meta.dirname);
const target = path.join(home, "dist", "sequent.cjs");

/** Writes the bundle in one step, dated when the sources were read, so that an edit made meanwhile still counts as newer. */
export async function bundle() {
  const { build } = await import("rolldown");
  const started = new Date();
  const { output } = await build({
    input: path.join(home, "src", "main.ts"),
    platform: "node",
    write: false,
    logLevel: "warn",
    resolve: {
      conditionNames: ["@sequent/source", "node", "import", "default"],
      // Node can't load the es6 builds (they import without extensions), a bundler can, and drops what isn't used.
      alias: { "fp-ts/lib": "fp-ts/es6", "io-ts/lib": "io-ts/es6" },
    },
    // V8 keeps the compiled form of scripts, not of modules (run-bundle.js).
    // Names stay, for traces; what is read at every start is a third shorter.
    output: { format: "cjs", codeSplitting: false, minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } } },
  });
  const draft = path.join(home, "dist", `.sequent.${process.pid}.cjs`);
  fs.mkdirSync(path.dirname(draft), { recursive: true });
  fs.writeFileSync(draft, output[0].code);
  fs.utimesSync(draft, started, started);
  fs.renameSync(draft, target);
}

if (process.argv[1] === import.meta.filename) await bundle();
