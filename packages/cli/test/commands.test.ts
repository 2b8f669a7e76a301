import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, hasTrace, launcher, root, sequent } from "./sequent.js";

const LINEAR = "@optim sgd(lr=0.1)\nx : [2]\ny : [1]\nx --[M]-> p => y\n";
const INPUTS = JSON.stringify({ x: [[1, 2], [3, 4]], y: [[1], [0]] });
const PARAMS = JSON.stringify({ "M.weight": [[0.5, -0.25]], "M.bias": [0.125] });

interface Steps {
  readonly from: number;
  readonly data: readonly (readonly (readonly number[] | null)[])[];
}
interface Timed {
  readonly h: Steps;
  readonly "^h": Steps;
  readonly last: readonly (readonly number[])[];
  readonly loss: number;
}

describe("data over time", () => {
  const source = "@train steps=2\n@batch 2\n@optim sgd(lr=0.1)\nx : [1] ; y : [1]\nC : dense[2]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n";
  const timed = (from: number, ...data: readonly unknown[]) => ({ from, data });
  const x = timed(0, [[1], [2]], [[3], [-1]]), y = timed(0, [[0], [1]], [[1], [0]]);
  const files = { "p.seq": source, "in.json": JSON.stringify({ x, y }) };

  test("of a JSON file train both targets alike", () => {
    const folder = folderWith(files);
    const losses = ["interpreter", "pytorch"].map((target) => {
      const ran = sequent(folder, ["train", "p.seq", "--data", "in.json", "-t", target, "--dtype", "f64", "--out", target]);
      expect(ran.code, ran.err).toBe(0);
      const lines = fs.readFileSync(path.join(folder, target, "metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { readonly kind: string; readonly losses?: Readonly<Record<string, number>> });
      return lines.flatMap((line) => Object.values(line.losses ?? {}));
    });
    expect(losses[0]?.length).toBeGreaterThan(0);
    losses[0]?.forEach((loss, k) => { expect(losses[1]?.[k]).toBeCloseTo(loss, 9); });
  });

  test.each(["interpreter", "pytorch"])("a run in windows goes on as it began, and says so when it has ended: %s", (target) => {
    const from1 = JSON.stringify({ x: timed(1, ...x.data), y: timed(1, ...y.data) });
    const folder = folderWith({ "in.json": from1, "p.seq": `@horizon back=1\n${source}` });
    const run = (...more: readonly string[]) => sequent(folder, ["train", "p.seq", "--data", "in.json", "-t", target, "--out", "run", ...more]);
    const final = () => JSON.parse(fs.readFileSync(path.join(folder, "run/metrics.jsonl"), "utf8").trim().split("\n").at(-1) ?? "") as { readonly kind: string; readonly losses: object };
    const begun = run("--steps", "10");
    expect(begun.code, begun.err).toBe(0);
    const first = final();
    expect([first.kind, Object.keys(first.losses)]).toEqual(["final", ["p_t => y_t"]]);

    const again = run("--steps", "10", "--resume");
    expect(again.code, again.err).toBe(0);
    expect(again.err).toContain("nothing to do: the run is at step 10, and ends at 10");
    expect(final().losses).toEqual(first.losses);

    const kept = fs.readFileSync(path.join(folder, "run/checkpoint.safetensors"));
    for (const [horizon, named] of [["horizon=2", "back=2"], ["horizon.ahead=1", "back=1 ahead=1"]] as const) {
      const other = run("--steps", "12", "--resume", "--set", horizon);
      expect(other.code).toBe(1);
      expect(other.err).toMatch(new RegExp(`error\\[SQ0605\\].* has horizon back=1, and this run has ${named}\\n`));
      expect(hasTrace(other) || other.err.includes("Traceback")).toBe(false);
    }
    fs.writeFileSync(path.join(folder, "p.seq"), source);
    expect(run("--steps", "12", "--resume").err).toContain("has horizon back=1, and this run has none");
    expect(fs.readFileSync(path.join(folder, "run/checkpoint.safetensors"))).toEqual(kept);

    // Another program in the midst of its sequences.
    fs.writeFileSync(path.join(folder, "p.seq"), `@horizon back=1\n${source}`);
    expect(run("--steps", "11", "--resume").code).toBe(0);
    fs.writeFileSync(path.join(folder, "p.seq"), `@horizon back=1\n${source.replaceAll("h_", "g_")}`);
    const changed = run("--steps", "12", "--resume");
    expect(changed.code).toBe(1);
    expect(changed.err).toContain("in the midst of sequences of another program");
    expect(changed.err).not.toContain("Traceback");
  });

  test.each([
    ["a length beyond the data", { x, y, x_length: [2, 3] }, "SQ0526", "x_length[1] is 3"],
    ["a length of nothing", { x, y, x_length: [0, 2] }, "SQ0526", "x_length[0] is 0"],
    ["lengths that are no integers", { x, y, x_length: [2, 1.5] }, "SQ0526", 'lengths "x_length" are floats: x_length[1] is 1.5, and a length is a whole number of steps'],
    ["lengths of two axes", { x, y, x_length: [[2], [2]] }, "SQ0526", "not [samples]"],
    ["an array without steps", { x: [1, 2], y }, "SQ0312", "has no axis for steps"],
    ["an axis too many", { x: timed(0, [[[1]], [[2]]], [[[3]], [[4]]]), y }, "SQ0312", "the array x is [2 samples, 2 steps, 1, 1], and [1] is declared"],
    ["values without a first step", { x: { data: x.data }, y }, "SQ0512", 'has no "from"'],
    ["lengths inside", { x: { ...x, length: [1, 2] }, y }, "SQ0512", '"x_length"'],
    ["null for padding without lengths", { x: timed(0, [[1], [2]], [[3], null]), y }, "SQ0512", 'lies within its sequence; where sequences end is said by an array "x_length"'],
    ["a first step before 0", { x: timed(-1, ...x.data), y: timed(-1, ...y.data) }, "SQ0512", "begin with step -1"],
    ["no step", { x: timed(0, [], []), y }, "SQ0312", "the array x is"],
    ["sequences that end apart", { x, y: timed(1, ...y.data) }, "SQ0528", "sample 0 ends with step 1"],
  ])("%s: check, train and eval tell it alike", (_, data, code, says) => {
    const folder = folderWith({ ...files, "in.json": JSON.stringify(data) });
    for (const args of [["check", "p.seq", "--data", "in.json"], ["train", "p.seq", "--data", "in.json"], ["eval", "p.seq", "--inputs", "in.json"]]) {
      const ran = sequent(folder, args);
      expect(ran.code, args.join(" ")).toBe(1);
      expect(ran.err).toContain(`error[${code}]`);
      expect(ran.err).toContain(says);
      expect(ran.err).toMatch(/ --> /);
      expect(hasTrace(ran)).toBe(false);
    }
    expect(fs.existsSync(path.join(folder, "runs"))).toBe(false);
  });

  test("a declaration is fixed by the data's axes", () => {
    const folder = folderWith({ ...files, "p.seq": source.replace("x : [1]", "x : [5]") });
    const ran = sequent(folder, ["fix", "p.seq", "--data", "in.json"]);
    expect(ran.out).toContain("+    4 | x : [1] ; y : [1]");
    expect(fs.readFileSync(path.join(folder, "p.seq"), "utf8")).toBe(source);
    expect(sequent(folder, ["check", "p.seq", "--data", "in.json"]).code).toBe(0);
  });

  test.each([
    ["", "the whole sequence"], ["@horizon 32\n", "back=32"], ["@horizon back=8 ahead=2\n", "back=8 ahead=2"], ["@horizon 8 0 3\n", "back=8 burn_in=3"], ["@horizon\n", "back=32"],
  ])("check --time says with names what %j is", (directive, window) => {
    const ran = sequent(folderWith({ "p.seq": directive + source }), ["check", "--time", "p.seq"]);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out.split("\n")[0]).toBe(`window: ${window}`);
  });

  test("a statement that holds nowhere in the data is told before training", () => {
    const folder = folderWith({ ...files, "p.seq": `${source}x_{t-9} --[N]-> q_t => y_t\n` });
    for (const command of ["check", "train"]) expect(sequent(folder, [command, "p.seq", "--data", "in.json"]).err).toContain("error[SQ0329]: `q_t => y_t` holds at no step of the data");
    expect(sequent(folder, ["eval", "p.seq", "--inputs", "in.json"]).code).toBe(0);
  });
});

describe("eval over time", () => {
  const source = "x_t : [1]\ny_t : [1]\nC : dense[1]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\nh_T * 2 -> last\n";
  const x = { from: 1, data: [[[1], [2]], [[3], null], [[4], ["NaN"]]] }, y = { from: 1, data: [[[0], [1]], [[1], [0]], [[0], [0]]] };
  const folder = folderWith({
    "p.seq": source, "in.json": JSON.stringify({ x, y, x_length: [3, 1] }), "long.json": JSON.stringify({ x, y, x_length: [3, 4] }),
    "gap.json": JSON.stringify({ x, y, x_length: [3, 2] }), "differ.json": JSON.stringify({ x, y, x_length: [3, 1], y_length: [3, 2] }),
    "params.json": JSON.stringify({ "C.weight": [[0, 1]], "C.bias": [0], "M.weight": [[1]], "M.bias": [0] }),
  });
  const run = (file: string, ...args: readonly string[]) => sequent(folder, ["eval", "p.seq", "--inputs", file, "--params", "params.json", "--dtype", "f64", "--json", ...args]);

  test("gives values from their first step on, null behind a row's end, and gradients where values are", () => {
    const { h, last, "^h": slope, loss } = JSON.parse(run("in.json", "--show", "h,last,^h,loss").out) as Timed;
    const t = Math.tanh;
    expect(h).toEqual({ from: 0, data: [[[0], [0]], [[t(1)], [t(2)]], [[t(3)], null], [[t(4)], null]] });
    expect(last).toEqual([[2 * t(4)], [2 * t(2)]]);
    const losses = [t(1) ** 2, (t(3) - 1) ** 2, t(4) ** 2, (t(2) - 1) ** 2].map((e) => e / 2);
    expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 4, 12);
    expect([slope.from, slope.data[0], slope.data[2]?.[1]]).toEqual([0, [[0], [0]], null]);
    expect(slope.data[1]?.[1]?.[0]).toBeCloseTo((t(2) - 1) / 4, 12);
  });

  test.each([
    ["h_t", "Did you mean `h`? It is shown at all of its steps."], ["^h_T", "Did you mean `^h`? It is shown at all of its steps."], ["h_{t-1}", "Did you mean `h`? It is shown at all of its steps."],
    ["last_t", "Did you mean `last`?"], ["C.weigt", "Did you mean `C.weight`?"],
  ])("asked for %s, says what is meant", (name, help) => {
    for (const target of ["interpreter", "pytorch"]) {
      const ran = run("in.json", "--show", name, "-t", target);
      expect(ran.code).toBe(1);
      expect((JSON.parse(ran.out) as { readonly diagnostics: readonly { readonly code: string; readonly help: string }[] }).diagnostics.map((one) => [one.code, one.help])).toEqual([["SQ0826", help]]);
    }
  });

  test.each([["long.json", /SQ0526.*x_length\[1\] is 4/], ["gap.json", /SQ0512.*x\[1\]\[1\]\[0\].*within its sequence/], ["differ.json", /SQ0528/]])("refuses %s", (file, message) => {
    const ran = sequent(folder, ["eval", "p.seq", "--inputs", file]);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(message);
    expect(hasTrace(ran)).toBe(false);
  });
});

describe("eval", () => {
  const folder = folderWith({ "p.seq": LINEAR, "in.json": INPUTS, "params.json": PARAMS });
  const run = (...args: readonly string[]) => sequent(folder, ["eval", "p.seq", "--inputs", "in.json", "--params", "params.json", "--dtype", "f64", "--json", ...args]);

  test("gives what is computed by hand", () => {
    // p = x·w + b: 0.125 and 0.625; p − y: −0.875 and 0.625; all gradients are halved by the mean over two samples.
    const { code, out } = run("--show", "p,^p,^M.weight,^M.bias,loss");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      p: [[0.125], [0.625]],
      "^p": [[-0.4375], [0.3125]],
      "^M.weight": [[-0.4375 + 3 * 0.3125, -2 * 0.4375 + 4 * 0.3125]],
      "^M.bias": [-0.125],
      loss: (0.875 ** 2 / 2 + 0.625 ** 2 / 2) / 2,
    });
  });

  test("makes updates first", () => {
    const { out } = run("--steps", "1", "--show", "M.weight,M.bias");
    expect(JSON.parse(out)).toEqual({ "M.weight": [[0.5 - 0.1 * 0.5, -0.25 - 0.1 * 0.375]], "M.bias": [0.125 + 0.1 * 0.125] });
  });

  test("is the same from PyTorch", () => {
    const show = ["--show", "p,^p,^M.weight,loss", "--steps", "1"];
    const [ours, theirs] = [run(...show), run(...show, "-t", "pytorch")].map(({ out }) => JSON.parse(out));
    expect(Object.keys(theirs)).toEqual(Object.keys(ours));
    for (const name of Object.keys(ours)) {
      const flat = (value: unknown): number[] => [value].flat(9) as number[];
      flat(theirs[name]).forEach((value, k) => { expect(value).toBeCloseTo(flat(ours[name])[k] ?? NaN, 12); });
    }
  });

  test.each([
    ["a name that is nearly one", ["--show", "lss"], "SQ0826", "Did you mean `loss`?"],
    ["an unknown gradient", ["--show", "^nothing"], "SQ0826", "nothing called nothing"],
    ["a setting that is nearly one", ["--set", "btach=2"], "SQ0825", "Did you mean `batch`?"],
  ])("names %s", (_, args, code, text) => {
    const ran = run(...args);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out).diagnostics.map((one: { readonly code: string }) => one.code)).toEqual([code]);
    expect(ran.out).toContain(text);
  });

  test("refuses parameters that the program has not, or of another shape", () => {
    fs.writeFileSync(path.join(folder, "other.json"), JSON.stringify({ "M.wieght": [[1, 2]] }));
    fs.writeFileSync(path.join(folder, "shape.json"), JSON.stringify({ "M.weight": [[1], [2]] }));
    expect(sequent(folder, ["eval", "p.seq", "--inputs", "in.json", "--params", "other.json"]).err).toMatch(/SQ0828[^]*Did you mean `M.weight`/);
    expect(sequent(folder, ["eval", "p.seq", "--inputs", "in.json", "--params", "shape.json"]).err).toContain("SQ0829");
  });

  test("refuses what batch_norm can't normalise in train mode, from both targets alike", () => {
    const one = folderWith({ "p.seq": "x : [2]\ny : [3]\nM : dense[3]\nx --[M|batch_norm]-> p => y\n", "in.json": JSON.stringify({ x: [[1, 2]], y: [[1, 0, 2]] }) });
    for (const target of ["interpreter", "pytorch"]) {
      const of = (...args: readonly string[]) => sequent(one, ["eval", "p.seq", "--inputs", "in.json", "--show", "p", "-t", target, ...args]);
      for (const ran of [of("--mode", "train"), of("--steps", "1")]) {
        expect(ran.code).toBe(1);
        expect(ran.err).toMatch(/^error\[SQ0833\]: batch_norm wants at least 2 samples in train mode, and there is 1\n *--> p.seq:4:/);
      }
      expect(of().code).toBe(0);
    }
  });

  // Its weights are 8 PB.
  const HUGE = "x : [2]\ny : [1]\nM : dense[1000000000000000]\nx --[M]-> h\nmean(h) -> p => y[0]\n";
  test("tells where a PyTorch program comes from that stops", () => {
    const other = folderWith({ "p.seq": HUGE, "in.json": INPUTS });
    expect(sequent(other, ["eval", "p.seq", "--inputs", "in.json", "-t", "pytorch", "--show", "p"]).err).toMatch(/^error\[SQ0832\]: [^]*--> p.seq:1:1/);
    expect(sequent(other, ["train", "p.seq", "--data", "in.json", "-t", "pytorch", "--steps", "3"]).err).toMatch(/error\[SQ0810\]: [^]*--> --set /);
  });

  test("a gradient that nothing reaches is zero, and needs a loss", () => {
    const other = folderWith({ "p.seq": "x : [2]\ny : [1]\nx --[M]-> p => y\nx * 2 -> z\n", "q.seq": "x : [2]\nx * 2 -> z\n", "in.json": INPUTS });
    expect(JSON.parse(sequent(other, ["eval", "p.seq", "--inputs", "in.json", "--show", "^z", "--json"]).out)).toEqual({ "^z": [[0, 0], [0, 0]] });
    expect(sequent(other, ["eval", "q.seq", "--inputs", "in.json", "--show", "^z"]).err).toContain("SQ0827");
    expect(JSON.parse(sequent(other, ["eval", "q.seq", "--inputs", "in.json", "--json"]).out)).toEqual({ z: [[2, 4], [6, 8]] });
  });

  test("an ascended prediction has the whole gradient, and its path's parameters none", () => {
    // J = mean(p · w) with w = 2: the loss is −J, so ^p = −2/2 each; D's weight is on the path from p.
    const other = folderWith({ "p.seq": "x : [1]\nG : dense[1]\nx --[G]-> p\np * 2 -> q\nsum(q) -> j\np $ j\n", "in.json": JSON.stringify({ x: [[1], [2]] }) });
    const { out } = sequent(other, ["eval", "p.seq", "--inputs", "in.json", "--dtype", "f64", "--show", "^p,^q,loss,j", "--json"]);
    const shown = JSON.parse(out) as Record<string, number[][]> & { readonly loss: number; readonly j: readonly [number, number] };
    expect(shown["^p"]).toEqual([[-1], [-1]]);
    expect(shown["^q"]).toEqual([[-0.5], [-0.5]]);
    expect(shown.loss).toBeCloseTo(-(shown.j[0] + shown.j[1]) / 2, 12);
  });
});

describe("train", () => {
  const data = { "main.seq": `@data "data.json"\n@train steps=12\n@batch 2\n${LINEAR}`, "data.json": JSON.stringify({ x: [[1, 2], [3, 4], [5, 6], [0, 1]], y: [[1], [0], [2], [1]] }) };

  test("writes a run, resumes it bit by bit, and takes no folder twice", () => {
    const folder = folderWith(data);
    expect(sequent(folder, ["train", ".", "--out", "whole"]).code).toBe(0);
    expect(sequent(folder, ["train", ".", "--out", "parts", "--set", "steps=5"]).code).toBe(0);
    expect(sequent(folder, ["train", ".", "--out", "parts", "--resume"]).code).toBe(0);
    const tensors = (run: string): Buffer => {
      const bytes = fs.readFileSync(path.join(folder, run, "checkpoint.safetensors"));
      return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
    };
    expect(tensors("parts").equals(tensors("whole"))).toBe(true);
    const again = sequent(folder, ["train", ".", "--out", "whole"]);
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/SQ0807[^]*--out whole/);
    expect(sequent(folder, ["train", ".", "--out", "whole", "--overwrite"]).code).toBe(0);
  });

  test("picks a free name", () => {
    const folder = folderWith(data);
    for (let k = 0; k < 2; k += 1) sequent(folder, ["train", "main.seq"]);
    const name = path.basename(folder);
    expect(fs.readdirSync(path.join(folder, "runs"))).toEqual([name, `${name}-2`]);
  });

  test("keeps the checkpoint when interrupted", async () => {
    const folder = folderWith({ ...data, "main.seq": data["main.seq"].replace("steps=12", "steps=100000000").replace("lr=0.1", "lr=0.001") });
    const child = spawn(process.execPath, [launcher, "train", "."], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (text: Buffer) => { err += text.toString(); });
    const checkpoint = path.join(folder, "runs", path.basename(folder), "checkpoint.safetensors");
    while (!fs.existsSync(checkpoint)) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
    expect(err).toContain("interrupted");
    expect(sequent(folder, ["train", ".", "--resume", "--set", "steps=1"]).code).toBe(0);
  });

  test.each([
    ["no training statement", "x : [2]\nM : dense[3]\nx --[M]-> p\n", "SQ0822"],
    ["no data", LINEAR, "SQ0823"],
    ["a file that is not there", `@data "nothing.npz"\n${LINEAR}`, "SQ0501"],
  ])("says what is wrong: %s", (_, text, code) => {
    const ran = sequent(folderWith({ "p.seq": text }), ["train", "p.seq"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(code);
    expect(hasTrace(ran)).toBe(false);
  });

  test("refuses a folder that can't be written, at once", () => {
    const folder = folderWith({ ...data, taken: "a file" });
    expect(sequent(folder, ["train", ".", "--out", "taken/run"]).err).toContain("SQ0601");
    expect(sequent(folder, ["train", ".", "--out", "/proc/nowhere"]).err).toContain("SQ0601");
  });
});

describe("generate", () => {
  const program = "C : dense[4]\n0 -> h_0\nh_{t-1}|one_hot(x_t) --[C|tanh]-> h_t\nh_t --[M|softmax]-> p_t => one_hot(x_{t+1})\nx : class[3]\n";
  const folder = folderWith({ "p.seq": program, "never.seq": program.replace("x_{t+1}", "x_t") });
  test("tells of a missing prompt what only that can mend", () => {
    expect(sequent(folder, ["generate", "p.seq", "--prompt", "0 1", "--length", "3"]).code).toBe(0);
    const missing = sequent(folder, ["generate", "p.seq"]);
    expect(missing.code).toBe(2);
    expect(missing.err).toContain("error[SQ0813]: `generate` wants `--prompt <text>`");
    for (const prompt of [[], ["--prompt", "0"]]) {
      const never = sequent(folder, ["generate", "never.seq", ...prompt]);
      expect([never.code, never.err.includes("error[SQ0841]")], never.err).toEqual([1, true]);
    }
    expect(sequent(folder, ["generate", "none.seq"]).err).toContain("error[SQ0801]");
  });
  test("goes on from the checkpoints of all targets, windows and all, and sets numbers apart", () => {
    const text = "@data \"data.json\"\n@train steps=5\n@batch 2\n@horizon back=3\n@optim adam(lr=0.05)\nx : class[3]\nC : dense[4]\n\n0 -> h_0\nh_{t-1} | one_hot(x_t) --[C|tanh]-> h_t\nh_{t-1} --[M|softmax]-> p_t => one_hot(x_t)\n";
    const steps = Array.from({ length: 7 }, (_, t) => [t % 3, (t + 1) % 3]);
    const folder = folderWith({ "p.seq": text, "data.json": JSON.stringify({ x: { from: 1, data: steps } }) });
    const made = [["interpreter"], ["pytorch"], ["pytorch", "--grad", "explicit"]].map((target, k) => {
      const trained = sequent(folder, ["train", "p.seq", "-t", ...target, "--out", `run-${String(k)}`]);
      expect([trained.code, trained.err.includes("error")], trained.err).toEqual([0, false]);
      const lines = fs.readFileSync(path.join(folder, `run-${String(k)}`, "metrics.jsonl"), "utf8").trimEnd().split("\n");
      const drawn = sequent(folder, ["generate", "p.seq", "--params", `run-${String(k)}/checkpoint.safetensors`, "--prompt", "0 1", "--length", "12"]);
      expect(drawn.err).toBe("");
      return { drawn: drawn.out, loss: Number(/"train": ?\{"losses": ?\{"[^"]*": ?([\d.]+)/.exec(lines.at(-1) ?? "")?.[1]) };
    });
    expect(made[0]?.drawn).toMatch(/^0 1( [012]){12}\n$/);
    for (const { drawn, loss } of made) {
      expect(drawn).toBe(made[0]?.drawn);
      expect(loss).toBeCloseTo(made[0]?.loss ?? NaN, 5);
    }
  });
  test.each(["0", "x", "1.5", "-1"])("--top-k %s: says from where on it counts", (value) => {
    const ran = sequent(folder, ["generate", "p.seq", "--prompt", "0", "--top-k", value]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("error[SQ0808]");
    expect(ran.err).toContain("It is a whole number from 1 up.");
  });
});

describe("fmt and fix", () => {
  test("fmt writes in place, --check only looks, - goes through", () => {
    const folder = folderWith({ "p.seq": "x:[2]\nx--[M]->p=>1\n" });
    expect(sequent(folder, ["fmt", "--check", "p.seq"]).code).toBe(1);
    expect(sequent(folder, ["fmt", "p.seq"]).code).toBe(0);
    const text = fs.readFileSync(path.join(folder, "p.seq"), "utf8");
    expect(text).toBe("x : [2]\nx --[M]-> p => 1\n");
    expect(sequent(folder, ["fmt", "--check", "p.seq"]).code).toBe(0);
    expect(sequent(folder, ["fmt", "-"], "x:[2]\nx--[M]->p=>1\n").out).toBe(text);
  });

  test("fix applies until nothing is left, --dry-run changes nothing", () => {
    const wrong = "@batch 100\nX : [2]\nX --[M|rleu]-> p => 1\n";
    const folder = folderWith({ "p.seq": wrong });
    expect(sequent(folder, ["fix", "--dry-run", "p.seq"]).out).toContain("+    1 | @batch 128");
    expect(fs.readFileSync(path.join(folder, "p.seq"), "utf8")).toBe(wrong);
    expect(sequent(folder, ["fix", "p.seq"]).code).toBe(0);
    expect(fs.readFileSync(path.join(folder, "p.seq"), "utf8")).toBe("@batch 128\nX : [2]\nX --[M|relu]-> p => 1\n");
  });
});

describe("passes", () => {
  test("a dumped stage goes on as the whole pipeline does", () => {
    const folder = folderWith({ "p.seq": LINEAR, "in.json": INPUTS });
    expect(sequent(folder, ["eval", "p.seq", "--inputs", "in.json", "--show", "loss", "--verify", "--dump", "d"]).code).toBe(0);
    expect(fs.readdirSync(path.join(folder, "d"))).toEqual(["00-start.seq", "01-infer.seq", "02-infer-domains.seq", "03-choose-losses.seq", "04-differentiate.seq", "05-expand.seq"]);
    const { out } = sequent(folder, ["run-passes", "d/03-choose-losses.seq", "--passes", "differentiate,expand"]);
    expect(out).toBe(fs.readFileSync(path.join(folder, "d/05-expand.seq"), "utf8"));
  });
  test("a pass without what it requires, and one that does not exist", () => {
    const folder = folderWith({ "p.seq": LINEAR });
    expect(sequent(folder, ["run-passes", "p.seq", "--passes", "differentiate"]).err).toContain("SQ0351");
    expect(sequent(folder, ["run-passes", "p.seq", "--passes", "infre"]).err).toMatch(/SQ0806[^]*Did you mean `infer`/);
    expect(sequent(folder, ["passes"]).out).toMatch(/^infer .*typed/);
  });
});

describe("hostile files", () => {
  const folder = folderWith({
    "empty.seq": "", "comment.seq": "# later\n", "garbage.seq": Uint8Array.from({ length: 4096 }, (_, k) => (k * 7919) & 255),
    "nul.seq": "x : [2]\0\n", "long.seq": `${"x".repeat(1 << 20)}\n`, "wide.seq": `x : [2]\nx --[${"relu|".repeat(50_000)}relu]-> p\n`, "ok.seq": LINEAR,
    "bad.json": "{", "ragged.json": '{"x": [[1], [1, 2]]}', "nan.json": '{"x": [["NaN", 1]], "y": [[1]]}', "folder/x": "",
  });
  test.each([
    ["empty.seq", "SQ0821"], ["comment.seq", "SQ0821"], ["garbage.seq", "SQ0802"], ["nul.seq", "SQ0"], ["long.seq", "SQ01"], ["nowhere.seq", "SQ0801"],
    ["folder", "SQ0801"],
  ])("%s gets %s", (file, code) => {
    for (const command of ["check", "train"]) {
      const ran = sequent(folder, [command, file]);
      expect(ran.code).toBe(1);
      expect(ran.err).toContain(code);
      expect(hasTrace(ran)).toBe(false);
    }
  });
  test("a line of 50,000 functions compiles", () => {
    expect(sequent(folder, ["check", "wide.seq"]).code).toBe(0);
  });
  test.each([["bad.json", "SQ051"], ["ragged.json", "SQ051"], ["nan.json", null], ["nowhere.json", "SQ0501"]])("inputs %s", (file, code) => {
    const ran = sequent(folder, ["eval", "ok.seq", "--inputs", file, "--show", "p"]);
    if (code === null) expect(ran.out).toContain("NaN");
    else expect(ran.err).toContain(code);
    expect(hasTrace(ran)).toBe(false);
  });
  test("NaN in training data is refused", () => {
    expect(sequent(folder, ["train", "ok.seq", "--data", "nan.json"]).err).toMatch(/SQ052/);
  });
  test.runIf(fs.existsSync("/dev/full"))("a full disk, and a reader that has gone", () => {
    const full = spawnSync("sh", ["-c", `"${process.execPath}" "${launcher}" passes > /dev/full`], { encoding: "utf8" });
    expect(full.status).toBe(1);
    expect(full.stderr).toContain("SQ0803");
    const gone = spawnSync("sh", ["-c", `"${process.execPath}" "${launcher}" explain --json | head -c 1`], { encoding: "utf8" });
    expect(gone.stderr).toBe("");
  });
});

describe("the command line", () => {
  const folder = folderWith();
  test.each([
    ["frobnicate", "SQ0811", "frobnicate", "There is check, "], ["chekc x", "SQ0811", "chekc", "Did you mean `check`?"], ["trian", "SQ0811", "trian", "Did you mean `train`?"],
    ["check --frob x", "SQ0812", "--frob", "sequent check --help"], ["train x --seeed 3", "SQ0812", "--seeed", "Did you mean `--seed`?"], ["--jsn", "SQ0812", "--jsn", "sequent --help"],
    ["fmt --chekc=1 x", "SQ0812", "--chekc=1", "Did you mean `--check`?"],
    ["check", "SQ0813", "", "sequent check --help"], ["eval x --inputs", "SQ0813", "", "sequent eval --help"], ["run-passes x", "SQ0813", "", "sequent run-passes --help"],
    ["check a b", "SQ0814", "b", "sequent check --help"], ["explain SQ0101 SQ0102", "SQ0814", "SQ0102", "explain --help"], ["passes all", "SQ0814", "all", "passes --help"],
    ["train x --epochs many", "SQ0808", "many", "whole number"], ["train x --set batch", "SQ0808", "batch", "key=value"], ["eval x --dtype=f16", "SQ0808", "--dtype=f16", "f32, f64"],
    ["build x -t fortran", "SQ0805", "fortran", "pytorch"], ["train x --target torch", "SQ0805", "torch", "interpreter, pytorch"], ["eval x -t cuda", "SQ0805", "cuda", "interpreter, pytorch"],
  ])("wrong usage is 2, and told as all is: %s", (line, code, word, help) => {
    const args = line.split(" ");
    const shown = sequent(folder, args);
    expect(shown.code).toBe(2);
    expect(shown.err).toMatch(new RegExp(`^error\\[${code}\\]: [^]*--> command line:1:[^]*sequent ${line.replace(/[-=]/g, ".")}`));
    expect(shown.err).toContain(help);
    const { out, err, code: exit } = sequent(folder, [...args, "--json"]);
    if (line.endsWith("--inputs")) return; // it takes --json for its value
    expect([exit, err]).toEqual([2, ""]);
    const { ok, diagnostics } = JSON.parse(out) as { readonly ok: boolean; readonly diagnostics: readonly { readonly code: string; readonly labels: readonly { readonly at: { readonly from: number; readonly to: number } }[] }[] };
    expect([ok, diagnostics.map((one) => one.code)]).toEqual([false, [code]]);
    const { from, to } = diagnostics[0]!.labels[0]!.at;
    expect(`sequent ${line} --json`.slice(from, to)).toBe(word);
  });
  test("help and version are no mistake, no command at all is one", () => {
    expect([["--help"], ["--version"], ["help", "train"], ["train", "--help"], []].map((args) => sequent(folder, args).code)).toEqual([0, 0, 0, 0, 2]);
  });
  test("explain lists and explains every code", () => {
    const codes = sequent(folder, ["explain"]).out.trim().split("\n").map((line) => line.slice(0, 6));
    expect(new Set(codes).size).toBe(codes.length);
    expect(sequent(folder, ["explain", "sq0823"]).out).toContain("inputs without data");
    expect(sequent(folder, ["explain", "SQ9999"]).err).toContain("SQ0804");
  });
  test("build writes PyTorch that stands alone", () => {
    expect(sequent(folder, ["build", path.join(root, "examples/two_spirals"), "-o", "out", "--json"]).code).toBe(0);
    const text = fs.readFileSync(path.join(folder, "out/model.py"), "utf8");
    expect(text).toContain("class Model(nn.Module)");
    expect(fs.readFileSync(path.join(folder, "out/train.py"), "utf8")).not.toContain("sequent.");
  });
});
