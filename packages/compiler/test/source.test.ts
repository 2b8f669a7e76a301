/**
 * The programs of the document that Sequent was designed from, in `source/NAME/`: `written.seq` as the document has them, slips included;
 * `diagnostics.txt`, what `check` says of them, and what `fix` does and leaves; `fixed.seq`. `inputs.seq` declares what a data file would tell.
 * `GOLDENS=write` writes what the compiler makes.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compileFully, createRenderer, fixFully, saidOf } from "../src/index.js";
import type { Compilation, Diagnostic } from "../src/index.js";

const folder = path.join(import.meta.dirname, "source");
const names = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory()).map((one) => one.name);

/** How `fixed.seq` comes about: by fixes that keep the meaning or that an error demands, by all, or by hand, and then why. */
type By = { readonly tag: "nothing" | "safe" | "unsafe" } | { readonly tag: "hand"; readonly why: string };
const ENVIRONMENT = "`reset` and `step` are not there yet, and with them what they lack: the first observation, the action";
const BY: Readonly<Record<string, By>> = {
  mlp_mse: { tag: "nothing" },
  mlp_softmax: { tag: "nothing" },
  rnn: { tag: "safe" },
  rnn_dense: { tag: "safe" },
  gru: { tag: "unsafe" },
  gru_macro: { tag: "unsafe" },
  lstm: { tag: "safe" },
  environment: { tag: "hand", why: "these lines say what `reset` and `step` take and give; a program names their results by arrows" },
  td: { tag: "hand", why: `${ENVIRONMENT}; nothing in it acts, so any policy will do` },
  a2c: { tag: "hand", why: ENVIRONMENT },
  a2c_gae: { tag: "hand", why: `${ENVIRONMENT}; and what the advantage is at the end` },
  td_gru: { tag: "hand", why: `${ENVIRONMENT}; nothing in it acts, so any policy will do` },
  dqn: { tag: "hand", why: "it needs a buffer, which the document leaves open; this is the program of the design" },
};

const NOT_YET = "SQ0901";
const seq = (name: string, file: string): string => readFileSync(path.join(folder, name, file), "utf8");
const golden = (name: string, file: string, text: string): void => {
  const at = path.join(folder, name, file);
  if (process.env["GOLDENS"] === "write") writeFileSync(at, text);
  expect(text).toBe(readFileSync(at, "utf8"));
};
const byOf = (name: string): By => {
  const by = BY[name];
  if (by === undefined) throw new Error(`say how ${name} is fixed`);
  return by;
};

const shown = (compilation: Compilation): string => saidOf(compilation).map(createRenderer(compilation.sources).render).join("\n");
const section = (title: string, ...parts: readonly string[]): string => `${title}\n${"=".repeat(title.length)}\n\n${parts.filter((part) => part !== "").join("\n")}`;
const fixed = (text: string, unsafe: boolean) => fixFully(text, "written.seq", {}, { unsafe });
const account = (text: string, unsafe: boolean): string => {
  const { applied, compilation } = fixed(text, unsafe);
  return section(`fix${unsafe ? " --unsafe" : ""}`, applied.map((title) => `fixed: ${title}\n`).join(""), shown(compilation));
};
/** What is wrong with a program whose inputs are declared, but for what comes with a later version. */
const wrong = (text: string): readonly Diagnostic[] =>
  saidOf(compileFully(text, "fixed.seq")).filter((one) => one.severity !== "note" && one.code !== NOT_YET);

describe.each(names)("%s", (name) => {
  const written = seq(name, "written.seq");
  const by = byOf(name);
  it("gets its diagnostics", () => {
    const check = section("check", shown(compileFully(written, "written.seq")));
    golden(name, "diagnostics.txt", [check, account(written, false), account(written, true)].join("\n"));
  });
  it("is fixed", () => {
    if (by.tag === "nothing") expect(fixed(written, true).text).toBe(written);
    if (by.tag === "hand") golden(name, "reached.seq", fixed(written, true).text);
    else {
      golden(name, "fixed.seq", fixed(written, by.tag === "unsafe").text);
      if (by.tag === "unsafe") expect(fixed(written, false).text).not.toBe(seq(name, "fixed.seq"));
    }
  });
  it("is right then, once its inputs are known", () => {
    const inputs = existsSync(path.join(folder, name, "inputs.seq")) ? seq(name, "inputs.seq") : "";
    expect(wrong(seq(name, "fixed.seq") + inputs).map(({ code, message }) => `${code} ${message}`)).toEqual([]);
    expect(fixed(seq(name, "fixed.seq"), true).text).toBe(seq(name, "fixed.seq"));
  });
});

it("says of each program how it is fixed, and of those fixed by hand why", () => {
  expect(Object.keys(BY).sort()).toEqual([...names].sort());
  for (const by of Object.values(BY)) if (by.tag === "hand") expect(by.why).not.toBe("");
});
