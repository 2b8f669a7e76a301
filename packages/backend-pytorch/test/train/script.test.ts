import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../src/harness/python.js";
import { runScript } from "../../src/harness/run-script.js";
import { mypy, ruff } from "../../src/harness/tools.js";
import { warmPython } from "../../src/harness/warm-python.js";
import { printScript } from "../../src/train/script/script.js";
import type { Script } from "../../src/train/script/facts.js";
import { filesOf, modelFacts, modelText, scriptOf } from "../fixtures.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-train-"));
const texts = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-texts-"));
const python = findPython();
const env = { ...process.env, OMP_NUM_THREADS: "1" };
const warm = warmPython(env);
afterAll(() => {
  warm.close();
  for (const place of [root, texts]) fs.rmSync(place, { recursive: true, force: true });
});

const write = (name: string, script: Script, model = modelText()): string => {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  const { text, draws } = printScript(script);
  const files = script.random === "philox" ? filesOf(model, draws) : new Map([["model.py", model]]);
  for (const [file, own] of files) fs.writeFileSync(path.join(folder, file), own);
  fs.writeFileSync(path.join(folder, "train.py"), text);
  fs.copyFileSync(path.join(root, "data.npz"), path.join(folder, "data.npz"));
  return folder;
};
const run = (folder: string, args: readonly string[], own: Readonly<Record<string, string>> = {}) => warm.run(folder, ["train.py", ...args], { env: own });
/** Python that is no file of a program, run in a folder; gives what it prints. */
const runText = async (text: string, folder: string, args: readonly string[]): Promise<string> => {
  const file = path.join(fs.mkdtempSync(path.join(texts, "text-")), "main.py");
  fs.writeFileSync(file, text);
  const { status, stdout, stderr } = await warm.run(folder, [file, ...args]);
  expect(status, stderr).toBe(0);
  return stdout;
};
const lines = (folder: string, out: string): Record<string, unknown>[] =>
  fs.readFileSync(path.join(folder, out, "metrics.jsonl"), "utf8").trim().split("\n").map((text) => {
    const { seconds, ...line } = JSON.parse(text) as Record<string, unknown>;
    expect(seconds).toBeTypeOf("number");
    return line;
  });
/** The tensors of a checkpoint by name, and its metadata, read by NumPy's safetensors. */
const checkpoint = async (folder: string, out: string): Promise<{ readonly tensors: Record<string, number[]>; readonly about: Record<string, string> }> =>
  JSON.parse(await runText(String.raw`
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as f:
    print(json.dumps({"about": f.metadata(), "tensors": {k: f.get_tensor(k).astype("f8").ravel().tolist() for k in f.keys()}}))
`, root, [path.join(folder, out, "checkpoint.safetensors")])) as Awaited<ReturnType<typeof checkpoint>>;

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => { resolve(typeof address === "object" && address !== null ? address.port : 0); });
  });
});

let folder: string;

/** Over time: x of two numbers a step, with lengths of their own, and a class z. */
const overTime = (ragged: boolean): Script => ({
  ...scriptOf({ ...modelFacts(), functions: new Map([["forward", ["x", ...(ragged ? ["lengths"] : [])]], ["losses", ["states", "z"]], ["optimizer", ["model"]]]) }),
  inputs: [{ name: "x", argument: "x", shape: [2], classes: null, timed: true }, { name: "z", argument: "z", shape: [], classes: 3 }],
  leastSteps: 2,
});
const overText = (length: number | null): Script => ({
  ...scriptOf({ ...modelFacts(), functions: new Map([["forward", ["c"]], ["losses", ["states", "c"]]]) }, { text: { input: "c", vocabulary: "ab é", length } }),
  inputs: [{ name: "c", argument: "c", shape: [], classes: 4, timed: true }],
});

interface Damaged {
  readonly script: Script;
  /** What is said of each; null: nothing. Those without a text are made by MAKE_DAMAGED. */
  readonly files: Readonly<Record<string, { readonly text?: string | Buffer; readonly says: string | null | RegExp }>>;
}
const HEAD = "X_0,X_1,X_2,X_3,y\n";
const DAMAGED: Readonly<Record<string, Damaged>> = {
  table: {
    script: scriptOf(),
    files: {
      "good.csv": { text: `\ufeff${HEAD}1,2,3,4,0\n1,2,3,4,1\n\n`, says: null },
      "none.csv": { says: "there is no file none.csv; --data names another" },
      "empty.csv": { text: "", says: "empty.csv has no array X; it has " },
      "short.csv": { text: `${HEAD}1,2,3,4,0\n1,2,3\n`, says: "line 3 of short.csv has 3 fields, the header 5" },
      "blank.csv": { text: `${HEAD}1,2,3,4,0\n\n1,2,3,4,0\n`, says: "line 3 of blank.csv has 0 fields, the header 5" },
      "word.csv": { text: `${HEAD}1,2,three,4,0\n`, says: "line 2 of word.csv has a field that is no number: 1,2,three,4,0" },
      "no-number.csv": { text: `${HEAD}1,2,nan,4,0\n`, says: "X in no-number.csv holds NaN or infinity" },
      "part.csv": { text: `${HEAD}1,2,3,4,0.5\n`, says: "y in part.csv holds numbers that are no integers" },
      "narrow.csv": { text: "X_0,X_1,y\n1,2,0\n", says: "X is (1, 2) in narrow.csv, not (samples, 4)" },
      "long.csv": { text: `${HEAD}${"1".repeat(200_000)},2,3,4,0\n`, says: "can't read long.csv: field larger than field limit (131072)" },
      "utf16.csv": { text: Buffer.from(`\ufeff${HEAD}`, "utf16le"), says: "line 1 of utf16.csv is not UTF-8 (byte 0); save the file as UTF-8" },
      "data.xlsx": { text: "PK", says: "data.xlsx is neither .npz nor .csv nor .safetensors" },
    },
  },
  arrays: {
    script: scriptOf(),
    files: {
      "wide.npz": { says: "X is (5, 4, 1) in wide.npz, not (samples, 4)" },
      "uneven.npz": { says: "the arrays of uneven.npz differ in their number of samples" },
      "words.npz": { says: "X in words.npz holds <U1, not numbers" },
      "line.npz": { says: "X is (5) in line.npz, not (samples, 4)" },
      "objects.npz": { says: "can't read objects.npz: it holds Python objects" },
      "text.npz": { text: "X_0,y\n1,0\n", says: "can't read text.npz: File is not a zip file" },
      "pickle.npz": { says: "can't read pickle.npz: File is not a zip file" },
      "array.npz": { says: "can't read array.npz: File is not a zip file" },
      "torn.npz": { text: "PK\u0003\u0004", says: "can't read torn.npz: File is not a zip file" },
      "torn.safetensors": { text: "{", says: /^train\.py: can't read torn\.safetensors: / },
    },
  },
  sequences: {
    script: overTime(true),
    files: {
      "flat.npz": { says: "x is (5, 2) in flat.npz, not (samples, steps, 2)" },
      "lengths.npz": { says: "lengths.npz has lengths beyond 1..6" },
      "two.npz": { says: "the lengths in two.npz are not one number for each of 5 samples" },
      "brief.npz": { says: "brief.npz has sequences of fewer than 2 steps, which this model can't do with" },
    },
  },
  text: {
    script: overText(4),
    files: {
      "good.txt": { text: "abba é ab", says: null },
      "latin.txt": { text: Buffer.from("ab\nab\xe9", "latin1"), says: "line 2 of latin.txt is not UTF-8 (byte 5); save the file as UTF-8" },
      "other.txt": { text: "abc\nab", says: "other.txt has characters that the model does not know: ['\\n', 'c']" },
      "short.txt": { text: "ab", says: "short.txt has 2 characters, and a sequence 4" },
    },
  },
};
const MAKE_DAMAGED = String.raw`
import os, pickle, sys
import numpy as np
os.chdir(sys.argv[1])
X, y, x, z = np.ones((5, 4)), np.zeros(5), np.ones((5, 6, 2)), np.zeros(5)
np.savez("wide.npz", X=X[..., None], y=y)
np.savez("uneven.npz", X=X, y=y[:3])
np.savez("words.npz", X=np.full((5, 4), "a"), y=y)
np.savez("objects.npz", X=X.astype(object), y=y)
np.savez("line.npz", X=y, y=y)
with open("pickle.npz", "wb") as file:
    pickle.dump({"X": X, "y": y}, file)
with open("array.npz", "wb") as file:
    np.save(file, X)
np.savez("flat.npz", x=x[:, 0], z=z)
np.savez("lengths.npz", x=x, z=z, x_length=np.array([1, 2, 3, 4, 7]))
np.savez("two.npz", x=x, z=z, x_length=np.ones((5, 2)))
np.savez("brief.npz", x=x, z=z, x_length=np.array([2, 1, 3, 4, 6]))
`;
/** Reads each file as the script does, and tells what it ends with. */
const READ_ALL = String.raw`
import json, sys, types
from pathlib import Path
sys.path[0] = "."
names = ("Model", "losses", "metrics", "optimizer", "step", "initialize", "Noise", "permutation", "split")
for module in ("model", "initial"):
    sys.modules[module] = types.ModuleType(module)
    sys.modules[module].__dict__.update(dict.fromkeys(names))
import train
said = {}
for name in sys.argv[1:]:
    said[name] = None
    try:
        train.read_inputs(Path(name))
    except SystemExit as end:
        said[name] = end.code
print(json.dumps(said))
`;

beforeAll(async () => {
  await runText(String.raw`
import sys
import numpy as np
rng = np.random.default_rng(0)
y = rng.integers(0, 3, 203)
X = rng.normal(size=(203, 4)) + y[:, None]
np.savez(sys.argv[1] + "/data.npz", X=X, y=y)
np.savez(sys.argv[1] + "/bad.npz", X=X, y=y + 1)
`, root, [root]);
  folder = write("small", scriptOf(modelFacts({ dropout: true })), modelText({ dropout: true }));
});

describe("train.py", () => {
  it("trains, and records as our trainer does", async () => {
    const ran = await run(folder, ["--out", "a", "--dtype", "float64"]);
    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^train +accuracy 0\.\d+ {2}p => one_hot\(y\) [\d.]+\ntest +accuracy/);
    const log = lines(folder, "a");
    expect(log.map((line) => [line["kind"], line["step"], line["epoch"]])).toEqual([
      ["step", 10, 1], ["epoch", 10, 1], ["step", 20, 2], ["epoch", 20, 2], ["step", 30, 3], ["epoch", 30, 3], ["final", 30, 3],
    ]);
    expect(Object.keys(log.at(-1) ?? {})).toEqual(["kind", "step", "epoch", "losses", "train", "test"]);
    const { about, tensors } = (await checkpoint(folder, "a"));
    expect(about).toMatchObject({ format: "sequent-checkpoint-1", program: "abc", update: "30", epoch: "3", position: "0", seed: "1", batch: "16", samples: "163" });
    expect(Object.keys(tensors).sort()).toEqual(["M_1", "M_2"].flatMap((f) => ["bias", "weight"].flatMap((p) => ["", ".m", ".v"].map((s) => `${f}.${p}${s}`))));
  });
  it("goes on exactly where it stopped, in the midst of an epoch", async () => {
    expect((await run(folder, ["--out", "b", "--dtype", "float64", "--steps", "13"])).status).toBe(0);
    expect((await run(folder, ["--out", "b", "--dtype", "float64", "--resume"])).status).toBe(0);
    expect(lines(folder, "b")).toEqual(lines(folder, "a"));
    expect((await checkpoint(folder, "b")).tensors).toEqual((await checkpoint(folder, "a")).tensors);
    const other = await run(folder, ["--out", "b", "--dtype", "float64", "--resume", "--seed", "2"]);
    expect(other.stderr).toContain("has seed 1, and this run has 2");
  });
  it.each([["float64", 1e-12], ["float32", 2e-5]] as const)("is the same in two processes, in %s", async (dtype, tolerance) => {
    expect((await run(folder, ["--out", `one-${dtype}`, "--dtype", dtype])).status).toBe(0);
    const args = ["--out", `two-${dtype}`, "--dtype", dtype, "--device", "cpu"];
    // Once by PyTorch's own launcher, which sets these variables.
    const world = { MASTER_ADDR: "127.0.0.1", MASTER_PORT: String(await freePort()), WORLD_SIZE: "2" };
    const ended = dtype === "float64"
      ? [spawnSync(python, ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py", ...args], { cwd: folder, env, encoding: "utf8" })]
      : await Promise.all(["0", "1"].map((rank) => run(folder, args, { ...world, RANK: rank, LOCAL_RANK: rank })));
    for (const { status, stderr } of ended) expect(status, stderr).toBe(0);
    const [a, b] = [(await checkpoint(folder, `one-${dtype}`)).tensors, (await checkpoint(folder, `two-${dtype}`)).tensors];
    for (const [name, values] of Object.entries(a)) {
      values.forEach((value, i) => {
        expect(Math.abs((b[name]?.[i] ?? NaN) - value), name).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
      });
    }
    expect(lines(folder, `two-${dtype}`).length).toBe(lines(folder, `one-${dtype}`).length);
  });
  it("refuses to share out what computes over the whole batch", async () => {
    const norm = write("norm", { ...scriptOf(), overBatch: ["batch_norm"] }, modelText({ norm: true }));
    expect((await run(norm, [])).status).toBe(0);
    const two = await run(norm, [], { RANK: "0", WORLD_SIZE: "2" });
    expect(two.status).toBe(1);
    expect(two.stderr).toContain("batch_norm computes over the whole batch");
  });
  it("keeps a checkpoint on Ctrl-C", async () => {
    let pid = NaN;
    const ending = warm.run(folder, ["train.py", "--out", "c", "--epochs", "1000000"], { onStart: (own) => { pid = own; } });
    const log = path.join(folder, "c/metrics.jsonl");
    while (!(fs.existsSync(log) && fs.statSync(log).size > 500)) await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(pid, "SIGINT");
    const { status, stderr } = await ending;
    expect(status).toBe(130);
    expect(stderr).toContain("--resume continues");
    expect(Number((await checkpoint(folder, "c")).about["update"])).toBeGreaterThan(10);
  });
  it("says what is wrong with data in one line", async () => {
    fs.copyFileSync(path.join(root, "bad.npz"), path.join(folder, "bad.npz"));
    expect((await run(folder, ["--data", "bad.npz"])).stderr).toBe("train.py: y in bad.npz holds classes beyond 0..2\n");
    expect((await run(folder, ["--data", "none.npz"])).stderr).toBe("train.py: there is no file none.npz; --data names another\n");
    expect((await run(folder, ["--batch", "512"])).stderr).toContain("a batch of 512");
  });
  it("says what is wrong with a device, a folder, or data that nothing names in one line", async () => {
    expect((await run(folder, ["--device", "nope"])).stderr).toBe("train.py: there is no device nope here\n");
    fs.writeFileSync(path.join(folder, "file"), "");
    expect((await run(folder, ["--out", "file/run"])).stderr).toBe("train.py: file/run can't be made: Not a directory\n");
    const nameless = await run(write("nameless", scriptOf(undefined, { data: null })), []);
    expect([nameless.status, nameless.stderr]).toEqual([2, expect.stringMatching(/train\.py: error: .*--data\n$/)]);
  });
  it.each([["--steps", "-1"], ["--steps", "0"], ["--epochs", "0"], ["--batch", "0"], ["--batch", "two"], ["--seed", "-1"]])("refuses %s %s", async (name, text) => {
    const { status, stderr } = await run(folder, [name, text]);
    const why = text === "two" ? "invalid positive value: 'two'" : `${text} is less than ${name === "--seed" ? "0" : "1"}`;
    expect([status, stderr.trimEnd().split("\n").at(-1)]).toEqual([2, `train.py: error: argument ${name}: ${why}`]);
  });
  it("finds its data wherever it is run from", async () => {
    const elsewhere = path.join(root, "elsewhere");
    fs.mkdirSync(elsewhere);
    const script = write("beside", scriptOf(modelFacts(), { test: "data.npz", length: { unit: "steps", count: 5 } }));
    const { status, stderr } = await warm.run(elsewhere, [path.join(script, "train.py"), "--out", "run"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(lines(elsewhere, "run").at(-1)?.["kind"]).toBe("final");
  });
  it.each(Object.entries(DAMAGED))("says in one line what is wrong with a file: %s", async (name, { script, files }) => {
    const place = write(`damaged-${name}`, script);
    await runText(MAKE_DAMAGED, place, ["."]);
    for (const [file, { text }] of Object.entries(files)) if (text !== undefined) fs.writeFileSync(path.join(place, file), text);
    const said = JSON.parse(await runText(READ_ALL, place, Object.keys(files))) as unknown;
    expect(said).toEqual(Object.fromEntries(Object.entries(files).map(([file, { says }]) => [file, says instanceof RegExp ? expect.stringMatching(says) : says === null ? null : `train.py: ${says}`])));
  });
  it("ends with status 1 and without a traceback where a file is damaged", async () => {
    fs.writeFileSync(path.join(folder, "latin.csv"), Buffer.from("X_0,y\n1,0\n\xe9,1\n", "latin1"));
    const ran = await run(folder, ["--data", "latin.csv"]);
    expect([ran.status, ran.stderr]).toEqual([1, "train.py: line 3 of latin.csv is not UTF-8 (byte 10); save the file as UTF-8\n"]);
    fs.mkdirSync(path.join(folder, "torn"));
    fs.writeFileSync(path.join(folder, "torn/checkpoint.safetensors"), "{");
    const torn = await run(folder, ["--out", "torn", "--resume"]);
    expect([torn.status, torn.stderr]).toEqual([1, expect.stringMatching(/^train\.py: can't read torn\/checkpoint\.safetensors: .*\n$/)]);
  });
  it("stops at a loss that is not finite, and keeps the checkpoint before", async () => {
    const diverging = write("diverging", scriptOf(), modelText({ lr: "3e37" }));
    const ran = await run(diverging, ["--epochs", "20"]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/not finite/);
    expect(Object.values((await checkpoint(diverging, "runs/small")).tensors).flat().every(Number.isFinite)).toBe(true);
  });
  it("has the program's names of lagged copies in checkpoints", async () => {
    const model = modelText().replace("        self.M_2 = nn.Linear(8, 3)\n", "        self.M_2 = nn.Linear(8, 3)\n        self.M_2_target = nn.Linear(8, 3)\n");
    const renamed = new Map(["weight", "bias"].map((p) => [`M_2.${p}.target`, `M_2_target.${p}`]));
    const copies = write("copies", scriptOf({ ...modelFacts(), renamed }), model);
    expect((await run(copies, ["--out", "a", "--steps", "13"])).status).toBe(0);
    expect((await run(copies, ["--out", "a", "--resume"])).status).toBe(0);
    expect(Object.keys((await checkpoint(copies, "a")).tensors)).toContain("M_2.weight.target");
    expect(Object.keys((await checkpoint(copies, "a")).tensors)).not.toContain("M_2_target.weight");
  });
  it("has nothing of ours where draws are torch's", async () => {
    const script = scriptOf(modelFacts(), {}, "torch");
    const plain = write("torch", script);
    expect(printScript(script).text).not.toMatch(/philox|initialize/i);
    expect((await run(plain, ["--out", "a"])).status).toBe(0);
    expect((await run(plain, ["--out", "b", "--steps", "13"])).status).toBe(0);
    expect((await run(plain, ["--out", "b", "--resume"])).status).toBe(0);
    expect((await checkpoint(plain, "b")).tensors).toEqual((await checkpoint(plain, "a")).tensors);
  });
  it("takes a second file as the test part, tables, and no data at all", async () => {
    const file = write("file", scriptOf(modelFacts(), { test: "data.npz", length: { unit: "steps", count: 25 } }));
    const ran = await run(file, []);
    expect(ran.status, ran.stderr).toBe(0);
    const final = lines(file, "runs/small").at(-1);
    expect(final?.["train"]).toEqual(final?.["test"]);
    const rows = Array.from({ length: 40 }, (_, i) => `${String(i / 10)},${String(i % 3)},1,0.5,-1`);
    fs.writeFileSync(path.join(folder, "t.csv"), `X_0,y,X_1,X_2,X_3\n${rows.join("\n")}\n`);
    expect((await run(folder, ["--data", "t.csv", "--out", "t"])).status).toBe(0);
    const model = modelText().replace("(states: States, y: Tensor)", "(states: States)").replace("F.cross_entropy(states.m_2, y)", "states.m_2.square().mean()")
      .replace("(states: States, y: Tensor)", "(states: States)").replace("(states.m_2.argmax(-1) == y).to(torch.get_default_dtype()).mean()", "states.m_2.mean()")
      .replace("forward(self, X: Tensor", "forward(self, noise: Noise").replace("self.M_1(X)", 'self.M_1(noise.normal("X", 4))').replace("import torch\n", "import torch\nfrom philox import Noise\n").replace("import torch.nn.functional as F\n", "");
    const functions = new Map([["forward", ["noise"]], ["losses", ["states"]], ["metrics", ["states"]], ["optimizer", ["model"]]]);
    const bare = write("bare", { ...scriptOf({ ...modelFacts(), functions }, { data: null, length: { unit: "steps", count: 15 } }), inputs: [] }, model);
    const drawn = await run(bare, []);
    expect(drawn.status, drawn.stderr).toBe(0);
    expect(lines(bare, "runs/small").map((line) => [line["kind"], line["step"], line["epoch"]])).toEqual([["step", 10, null], ["final", 15, null]]);
  });
  it("is well-formed Python: ruff and mypy agree", () => {
    const long = (name: string): string => name.repeat(20);
    const functions = new Map([...modelFacts().functions, ["losses", ["states", ...["a", "b", "c"].map(long)]] as const]);
    const inputs = ["X", "y", ...["a", "b", "c"].map(long)].map((name) => ({ name, argument: name, shape: [4], classes: null }));
    fs.mkdirSync(path.join(root, "long"));
    fs.writeFileSync(path.join(root, "long/train.py"), printScript({ ...scriptOf({ ...modelFacts(), functions }), inputs }).text);
    expect(ruff(root, "E4,E7,E9,F,B,UP,SIM")).toBe("");
    expect(mypy(folder, "train.py")).toBe("");
  });
});

describe("runScript", () => {
  it("gives the script's exit code, and a diagnostic without Python", async () => {
    const ran = await runScript(folder, ["--data", "none.npz"], { cwd: folder, env });
    expect(ran).toEqual(E.right(1));
    const missing = await runScript(folder, [], { python: "/nowhere/python" });
    expect(E.isLeft(missing) ? missing.left[0].code : "").toBe("SQ0731");
  });
});
