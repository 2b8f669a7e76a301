// Derives each package's @sequent dependencies and project references from packages.table.js, and makes the skeleton of a
// new package. `--check` writes nothing and fails when a file disagrees with the table.
import fs from "node:fs";
import path from "node:path";
import { packages } from "../packages.table.js";

const root = path.dirname(import.meta.dirname);
const check = process.argv.includes("--check");
const version = "0.0.0";
const libraries = { "fp-ts": "2.16.11", "immer": "11.2.10", "io-ts": "2.2.22" };
const stale = [];

const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined);
const json = (value) => JSON.stringify(value, null, 2) + "\n";
const put = (file, text) => {
  if (read(file) === text) return;
  stale.push(path.relative(root, file));
  if (check) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};
const putOnce = (file, text) => {
  if (!fs.existsSync(file)) put(file, text);
};

const manifest = (name, doc) => ({
  name: `@sequent/${name}`,
  version,
  description: doc,
  type: "module",
  license: "MIT",
  files: ["dist", "src", "!dist/.tsbuildinfo"],
  sideEffects: false,
  exports: {
    ".": { "@sequent/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  },
  scripts: { build: "tsc -b tsconfig.build.json", typecheck: "tsc -p tsconfig.json", test: "vitest run" },
  dependencies: name === "cli" ? {} : libraries,
});

for (const [name, { may, node, doc }] of Object.entries(packages)) {
  const dir = path.join(root, "packages", name);
  const file = path.join(dir, "package.json");
  const now = JSON.parse(read(file) ?? json(manifest(name, doc)));
  const own = Object.entries(now.dependencies ?? {}).filter(([d]) => !d.startsWith("@sequent/"));
  now.description = doc;
  now.dependencies = Object.fromEntries([...may.map((d) => [`@sequent/${d}`, version]), ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
  put(file, json(now));
  put(path.join(dir, "tsconfig.json"), json({
    extends: "../../tsconfig.base.json",
    compilerOptions: { composite: false, noEmit: true, types: ["node"] },
    include: ["src", "test"],
  }));
  put(path.join(dir, "tsconfig.build.json"), json({
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      rootDir: "src", outDir: "dist", tsBuildInfoFile: "dist/.tsbuildinfo", ...(node ? { types: ["node"] } : {}),
    },
    include: ["src"],
    references: may.map((d) => ({ path: `../${d}/tsconfig.build.json` })),
  }));
  putOnce(path.join(dir, "vitest.config.ts"), `import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(base, { test: { name: "${name}", root: import.meta.dirname } });
`);
  putOnce(path.join(dir, "README.md"), `# @sequent/${name}

${doc}

Part of [Sequent](../../README.md); it may import ${may.length === 0 ? "no other package" : may.map((d) => `\`${d}\``).join(", ")}.
`);
  // The command has no exports, only its bin.
  if (now.exports !== undefined) putOnce(path.join(dir, "src", "index.ts"), "export {};\n");
}

put(path.join(root, "tsconfig.json"), json({
  files: [],
  references: Object.keys(packages).map((name) => ({ path: `packages/${name}/tsconfig.build.json` })),
}));

if (stale.length > 0) console.log(`${check ? "disagree with packages.table.js" : "written"}: ${stale.join(", ")}`);
if (check && stale.length > 0) {
  console.log("run: npm run sync-packages");
  process.exitCode = 1;
}
