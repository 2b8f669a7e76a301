/** The interpreter against PyTorch's own recurrent layers and hand-written cells: values and gradients, in double. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findPython } from "@sequent/backend-pytorch";
import { invariant } from "@sequent/ir";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arraysOf, gradientsOf, lossOf, subject } from "./support.js";
import type { Subject } from "./support.js";

const IN = 5, WIDTH = 6, OUT = 3, ROWS = 4, STEPS = 64;
const LENGTHS = [64, 17, 40, 1];
const TYPES = `x_t : [${String(IN)}]\ny_t : [${String(OUT)}]\n`;
const dense = (...names: readonly string[]): string => names.map((name) => `${name} : dense[${String(WIDTH)}]\n`).join("");
const READOUT = "h_t --[M]-> p_t => y_t\n";

/** Each with the Python function that is to agree. */
const CASES: Readonly<Record<string, { readonly source: string; readonly python: string }>> = {
  rnn: { source: `${TYPES}${dense("C")}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\n${READOUT}`, python: "rnn" },
  rnn_backward: { source: `${TYPES}${dense("C")}0 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh]-> h_t\n${READOUT}`, python: "rnn_backward" },
  lstm: {
    source: `${TYPES}${dense("I", "F", "G", "O")}0 -> h_0\n0 -> c_0\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[F|sigmoid]-> f_t\nh_{t-1}|x_t --[G|tanh]-> g_t\n`
      + `h_{t-1}|x_t --[O|sigmoid]-> o_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\n${READOUT}`,
    python: "lstm",
  },
  gru: {
    source: `${TYPES}Cell: h, v\n    ${dense("R", "Z", "L").trimEnd().replaceAll("\n", "\n    ")}\n    h|v --[R|sigmoid]-> r\n    h|v --[Z|sigmoid]-> z\n    (r*h)|v --[L|tanh]-> l\n    return (1 - z)*h + z*l\n`
      + `0 -> h_0\nh_{t-1}, x_t --[Cell]-> h_t\n${READOUT}`,
    python: "gru",
  },
  bidirectional: {
    source: `${TYPES}${dense("F", "B")}0 -> f_0\nf_{t-1}|x_t --[F|tanh]-> f_t\n0 -> b_{T+1}\nb_{t+1}|x_t --[B|tanh]-> b_t\nf_t|b_t --[M]-> p_t => y_t\n`,
    python: "bidirectional",
  },
};

const PYTHON = `
import json, sys
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
torch.set_default_dtype(torch.float64)
W = ${String(WIDTH)}

def scan(x, cell, lengths, backward=False):
    """Rows of x [batch, time, in]; each row by its own length."""
    rows = []
    for b, n in enumerate(lengths):
        h, out = torch.zeros(1, W), {}
        for t in (reversed(range(n)) if backward else range(n)):
            h = cell(h, x[b : b + 1, t])
            out[t] = h
        rows.append(torch.cat([out[t] for t in range(n)]))
    return rows

def rows_of(out, lengths):
    return [out[b, :n] for b, n in enumerate(lengths)]

def packed(layer, x, lengths):
    out, _ = layer(pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False))
    return rows_of(pad_packed_sequence(out, batch_first=True)[0], lengths)

def split(p, name):
    """Our dense layers read h before x; PyTorch has a matrix for each."""
    return p[name + ".weight"][:, W:], p[name + ".weight"][:, :W], p[name + ".bias"]

def functional(layer, named, x, lengths):
    return torch.func.functional_call(Packed(layer), {"layer." + k: v for k, v in named.items()}, (x, lengths))

class Packed(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer
    def forward(self, x, lengths):
        return packed(self.layer, x, lengths)

def rnn(p, x, lengths):
    w, u, b = split(p, "C")
    layer = torch.nn.RNN(x.shape[-1], W, batch_first=True)
    return functional(layer, {"weight_ih_l0": w, "weight_hh_l0": u, "bias_ih_l0": b, "bias_hh_l0": torch.zeros(W)}, x, lengths)

def rnn_backward(p, x, lengths):
    w, u, b = split(p, "C")
    return scan(x, lambda h, v: torch.tanh(v @ w.T + h @ u.T + b), lengths, backward=True)

def lstm(p, x, lengths):
    parts = [split(p, name) for name in "IFGO"]
    w, u, b = (torch.cat([part[k] for part in parts]) for k in range(3))
    layer = torch.nn.LSTM(x.shape[-1], W, batch_first=True)
    return functional(layer, {"weight_ih_l0": w, "weight_hh_l0": u, "bias_ih_l0": b, "bias_hh_l0": torch.zeros(4 * W)}, x, lengths)

def gru(p, x, lengths):
    def gate(name, h, v):
        return torch.cat([h, v], -1) @ p["Cell." + name + ".weight"].T + p["Cell." + name + ".bias"]
    def cell(h, v):
        r, z = torch.sigmoid(gate("R", h, v)), torch.sigmoid(gate("Z", h, v))
        return (1 - z) * h + z * torch.tanh(gate("L", r * h, v))
    return scan(x, cell, lengths)

def bidirectional(p, x, lengths):
    (wf, uf, bf), (wb, ub, bb) = split(p, "F"), split(p, "B")
    layer = torch.nn.RNN(x.shape[-1], W, batch_first=True, bidirectional=True)
    zero = torch.zeros(W)
    return functional(layer, {
        "weight_ih_l0": wf, "weight_hh_l0": uf, "bias_ih_l0": bf, "bias_hh_l0": zero,
        "weight_ih_l0_reverse": wb, "weight_hh_l0_reverse": ub, "bias_ih_l0_reverse": bb, "bias_hh_l0_reverse": zero}, x, lengths)

results = {}
for name, job in json.load(open(sys.argv[1])).items():
    p = {k: torch.tensor(v).requires_grad_() for k, v in job["params"].items()}
    x, y = (torch.tensor(job[k]) for k in "xy")
    hidden = globals()[job["python"]](p, x, job["lengths"])
    outs = [h @ p["M.weight"].T + p["M.bias"] for h in hidden]
    losses = torch.cat([0.5 * ((o - y[b, : len(o)]) ** 2).sum(-1) for b, o in enumerate(outs)])
    loss = losses.mean()
    loss.backward()
    results[name] = {"loss": loss.item(), "p": [o.tolist() for o in outs], "gradients": {k: v.grad.flatten().tolist() for k, v in p.items()}}
json.dump(results, open(sys.argv[2], "w"))
`;

interface Result {
  readonly loss: number;
  /** [row][step][out], each row of its own length. */
  readonly p: readonly (readonly (readonly number[])[])[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-time-"));
afterAll(() => { fs.rmSync(folder, { recursive: true, force: true }); });

const VARIANTS = Object.keys(CASES).flatMap((name) => [[name, "whole"], [name, "ragged"]] as const);
const subjects = new Map<string, Subject>();
let results: Readonly<Record<string, Result>> = {};

const nested = (data: ArrayLike<number>, shape: readonly number[]): unknown => {
  let at = 0;
  const build = (axis: number): unknown => (axis === shape.length ? data[at++] : Array.from({ length: shape[axis] ?? 0 }, () => build(axis + 1)));
  return build(0);
};

beforeAll(() => {
  const jobs: Record<string, unknown> = {};
  for (const [name, kind] of VARIANTS) {
    const { source = "", python = "" } = CASES[name] ?? {};
    const data = { rows: ROWS, steps: STEPS, timed: { x: [IN], y: [OUT] }, ...(kind === "ragged" ? { lengths: LENGTHS } : {}) };
    const arrays = arraysOf(data);
    const one = subject(source, arrays);
    subjects.set(`${name} ${kind}`, one);
    const { interpreter, program } = one;
    const params = Object.fromEntries(program.params.flatMap((param, id) => {
      const value = interpreter.params()[id];
      return param.role === "weight" && value !== undefined ? [[param.name, nested(value.data, value.shape)]] : [];
    }));
    const array = (key: string): unknown => nested(arrays.get(key)?.data ?? [], arrays.get(key)?.shape ?? []);
    jobs[`${name} ${kind}`] = { python, params, x: array("x"), y: array("y"), lengths: kind === "ragged" ? LENGTHS : LENGTHS.map(() => STEPS) };
  }
  const [job, script, out] = ["jobs.json", "reference.py", "out.json"].map((name) => path.join(folder, name));
  invariant(job !== undefined && script !== undefined && out !== undefined, "three files");
  fs.writeFileSync(job, JSON.stringify(jobs));
  fs.writeFileSync(script, PYTHON);
  const ran = spawnSync(findPython(), [script, job, out], { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(ran.stderr);
  results = JSON.parse(fs.readFileSync(out, "utf8"));
}, 300_000);

describe("PyTorch and the interpreter agree to 1e-9 over 64 steps", () => {
  it.each(VARIANTS)("%s, %s", (name, kind) => {
    const one = subjects.get(`${name} ${kind}`), theirs = results[`${name} ${kind}`];
    invariant(one !== undefined && theirs !== undefined, "a case that ran");
    expect(Math.abs(lossOf(one) - theirs.loss)).toBeLessThan(1e-9);
    const [p] = one.interpreter.observe([one.node("p")], one.batch, "eval");
    if (p === undefined || !("steps" in p)) throw new Error("p has no time");
    theirs.p.forEach((steps, row) => steps.forEach((values, k) => {
      const ours = p.steps[k + 1 - p.from]?.[row]?.data ?? [];
      values.forEach((value, i) => { expect(Math.abs((ours[i] ?? NaN) - value)).toBeLessThan(1e-9); });
    }));
    const lengths = kind === "ragged" ? LENGTHS : LENGTHS.map(() => STEPS);
    // No row has a value behind its end.
    lengths.forEach((length, row) => { expect(p.steps[length + 1 - p.from]?.[row] ?? null).toBeNull(); });
    let compared = 0;
    for (const [key, { data }] of gradientsOf(one)) data.forEach((g, i) => {
      compared += 1;
      expect(Math.abs(g - (theirs.gradients[key]?.[i] ?? NaN)), `${key}[${String(i)}]`).toBeLessThan(1e-9);
    });
    expect(compared).toBe(Object.values(theirs.gradients).flat().length);
  });
});
