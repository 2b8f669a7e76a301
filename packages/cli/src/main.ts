import { readFileSync } from "node:fs";
import { Command } from "commander";

const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const version =
  typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";

new Command("sequent").description("Compiles and trains programs in chalkboard notation.").version(version).parse();
