/**
 * Under `--compile` the step of a loop is compiled, never the loop: what is compiled is the same for sequences of 6 and of 40 steps, and the
 * run as without. PyTorch's own compiler of graphs takes seconds for each; here a graph is only counted, and run as it is.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpz } from "@sequent/data";
import type { DataArray } from "@sequent/data";
import { compile, emitPytorch, findPython } from "../../src/index.js";
import { right } from "../examples.js";

const HEAD = "@data \"DATA\"\n@train steps=4\n@optim adam(lr=0.01)\nx : [3]\ny : [2]\n";
const PROGRAMS: Readonly<Record<string, string>> = {
  "GRU as equations": "R : dense[5]\nZ : dense[5]\nH : dense[5]\n0 -> h_0\nh_{t-1}|x_t -> c_t\nc_t --[R|sigmoid]-> r_t\nc_t --[Z|sigmoid]-> z_t\n(r_t*h_{t-1})|x_t --[H|tanh]-> l_t\n(1 - z_t)*h_{t-1} + z_t*l_t -> h_t\nh_t --[O]-> p_t => y_t\n",
  "a macro, both ways": "@default_width 5\nCell: s_{t-1}, u_t\n    s_{t-1}|u_t --[A|tanh]-> a_t\n    s_{t-1} --[B|sigmoid]-> b_t\n    return 0.1*s_{t-1} + a_t*b_t\n0 -> f_0\n0 -> b_{T+1}\nf_{t-1}, x_t --[Cell_1]-> f_t\nb_{t+1}, x_t --[Cell_2]-> b_t\nf_t|b_t --[O]-> p_t => y_t\n",
  "a cell with its own state in another": "@default_width 4\nInner: c_t\n    0 -> i_0\n    i_{t-1}|c_t --[A|tanh]-> g_t\n    g_t*i_{t-1} + g_t -> i_t\n    return i_t\nOuter: u_t\n    u_t --[Inner]-> k_t\n    0 -> s_{T+1}\n    s_{t+1}|k_t --[B|sigmoid]-> s_t\n    return s_t\nx_t --[Outer_1|Outer_2|O]-> p_t => y_t\n",
  "a lag of two": "A : dense[5]\n0 -> h_0\n0 -> h_{-1}\nh_{t-1} - 0.3*h_{t-2}|x_t --[A|elu]-> h_t\nh_t --[O]-> p_t => y_t\n",
  "dropout and noise": "A : dense[5]\n0 -> h_0\nh_{t-1}|x_t --[A|dropout(0.3)|tanh]-> a_t\na_t + 0.1*normal(5)*a_t -> h_t\nh_t --[O]-> p_t => y_t\n",
  "the last three steps": "A : dense[5]\n0 -> h_0\nmean(h_{t-3..t-1}, axis=0)|x_t --[A|tanh]-> h_t\nh_t --[O]-> p_t => y_t\n",
  "all steps before": "A : dense[5]\n0 -> h_0\nmean(h_{0..t-1}, axis=0)|x_t --[A|tanh]-> h_t\nh_t --[O]-> p_t => y_t\n",
  "two states": "A : dense[4]\nB : dense[4]\n0 -> u_0\n0 -> v_0\nu_{t-1}|x_t --[A|tanh]-> a_t\na_t*v_{t-1} + a_t -> u_t\nu_t|x_t --[B|sigmoid]-> v_t\nu_t|v_t --[O]-> p_t => y_t\n",
  "an LSTM": "F : dense[4]\nI : dense[4]\nC : dense[4]\nU : dense[4]\n0 -> h_0\n0 -> c_0\nh_{t-1}|x_t --[F|sigmoid]-> f_t\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[U|sigmoid]-> o_t\nh_{t-1}|x_t --[C|tanh]-> g_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\nh_t --[O]-> p_t => y_t\n",
};

const RUNNER = String.raw`
import json, os, runpy, sys
import torch
import torch._dynamo
compile, seen = torch.compile, []
def count(graph, inputs):
    seen.append(len(graph.graph.nodes))
    return graph.forward
torch.compile = lambda function, **options: compile(function, backend=count, **options)
found = []
for folder in json.loads(sys.argv[1]):
    for flags in ([], ["--compile"]):
        seen.clear()
        torch._dynamo.reset()
        sys.argv = ["train.py", "--device", "cpu", "--dtype", "float64", "--out", os.path.join(folder, "run"), *flags]
        sys.path.insert(0, folder)
        try:
            runpy.run_path(os.path.join(folder, "train.py"), run_name="__main__")
        except SystemExit as end:
            assert not end.code, end.code
        for module in ("model", "philox", "initial"):
            sys.modules.pop(module, None)
        sys.path.pop(0)
        torch.set_default_dtype(torch.float32)
        with open(os.path.join(folder, "run", "metrics.jsonl")) as file:
            losses = [json.loads(line)["losses"] for line in file]
        found.append({"losses": losses, "graphs": list(seen)})
print(json.dumps(found))
`;

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-compiled-"));
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

const FORMS = ["autograd", "explicit"] as const;
const LENGTHS = [6, 40] as const;
const subjects = Object.keys(PROGRAMS).flatMap((name) => FORMS.map((form) => [name, form] as const));
const runs = new Map<string, { readonly losses: readonly unknown[]; readonly graphs: readonly number[] }>();
const texts = new Map<string, string>();
const keyOf = (name: string, form: string, steps: number, compiled: boolean): string => [name, form, steps, compiled].join();

/** Values that need no seed. */
const array = (name: string, shape: readonly number[]): DataArray =>
  ({ name, shape, dtype: "float", data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k * 1.7 + name.length)) });

beforeAll(() => {
  const folders: string[] = [], keys: string[] = [];
  for (const [name, form] of subjects) for (const steps of LENGTHS) {
    const place = path.join(root, String(folders.length));
    fs.mkdirSync(place);
    fs.writeFileSync(path.join(place, "data.npz"), Buffer.concat([...encodeNpz([array("x", [8, steps, 3]), array("y", [8, steps, 2])])]));
    const text = `${HEAD.replace("DATA", path.join(place, "data.npz"))}${PROGRAMS[name] ?? ""}`;
    const { files } = right(emitPytorch(right(compile(text, path.join(place, "main.seq"))), { name: "small", folder: place, absolute: true, gradients: form }));
    for (const [file, content] of files) fs.writeFileSync(path.join(place, file), content);
    texts.set(name + form, files.get("model.py") ?? "");
    folders.push(place);
    keys.push(keyOf(name, form, steps, false), keyOf(name, form, steps, true));
  }
  const ended = spawnSync(findPython(), ["-c", RUNNER, JSON.stringify(folders)], { encoding: "utf8", maxBuffer: 1 << 26 });
  expect(ended.status, ended.stderr).toBe(0);
  const found = JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "") as readonly { losses: readonly unknown[]; graphs: readonly number[] }[];
  keys.forEach((key, k) => { const one = found[k]; if (one !== undefined) runs.set(key, one); });
}, 300_000);

describe.each(subjects)("%s by %s", (name, form) => {
  test("what is compiled does not grow with the sequence", () => {
    const [short, long] = LENGTHS.map((steps) => runs.get(keyOf(name, form, steps, true))?.graphs ?? []);
    // PyTorch's kernel of an LSTM is compiled as it is.
    if (name === "an LSTM" && form === "autograd") expect(short).toEqual([]);
    else expect(short?.length).toBeGreaterThan(0);
    expect(long).toEqual(short);
  });
  test("what is only returned has no name", () => {
    expect(texts.get(name + form) ?? "").not.toMatch(/^ *(\w+) = .*\n *return \1$/m);
    expect(texts.get(name + form)).toBeDefined();
  });
  test("compiling changes nothing", () => {
    for (const steps of LENGTHS) {
      const [plain, compiled] = [false, true].map((flag) => runs.get(keyOf(name, form, steps, flag))?.losses);
      expect(plain?.length).toBeGreaterThan(0);
      expect(compiled).toEqual(plain);
    }
  });
});
