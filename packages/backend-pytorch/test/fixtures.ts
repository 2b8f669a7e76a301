/** A handwritten program as emitted: two layers with dropout and an Adam, and what training it needs to know. */
import { EMPTY } from "@sequent/ir";
import type { Param, Program } from "@sequent/ir";
import { drawsOfInitial, printInitial } from "../src/train/initial.js";
import { drawsIn, printPhilox } from "../src/train/philox.js";
import type { ModelFacts, Script, ScriptSettings } from "../src/train/script/facts.js";

const weight = (name: string, shape: readonly number[], fanOf: number | null): Param => ({
  name, role: "weight", of: null, init: { name: "uniform_fan_in", attrs: {}, fanOf }, renewedBy: null,
  type: { shape, dtype: "float", classes: null }, span: { file: "", from: 0, to: 0 },
});
export const program: Program = {
  ...EMPTY,
  params: [weight("M_1.weight", [8, 4], null), weight("M_1.bias", [8], 0), weight("M_2.weight", [3, 8], null), weight("M_2.bias", [3], 2)],
};

/** `dropout`, `norm`: with a layer of that kind. */
export const modelText = ({ dropout = false, norm = false, lr = "1e-2" } = {}): string => String.raw`"""small, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
${dropout ? "from philox import Noise\n" : ""}from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    h_1: Tensor
    m_2: Tensor


class Model(nn.Module):
    """Two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(4, 8)
        self.M_2 = nn.Linear(8, 3)
${norm ? "        self.N = nn.BatchNorm1d(8)\n" : ""}
    def forward(self, X: Tensor${dropout ? ", noise: Noise" : ""}) -> States:
        h_1 = torch.tanh(self.M_1(X))
${norm ? "        h_1 = self.N(h_1)\n" : ""}${dropout ? '        h_1 = noise.dropout(h_1, "h_1", 0.25, self.training)\n' : ""}        return States(h_1, self.M_2(h_1))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_2, y),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    return {
        "accuracy": (states.m_2.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=${lr})
`;

/** The emitted files around a model's text. */
export const filesOf = (model: string, more: readonly string[] = []): Map<string, string> => {
  const files = new Map([["model.py", model]]);
  const philox = printPhilox([...drawsIn(model), ...drawsOfInitial(program), ...more]);
  const initial = printInitial(program);
  if (philox !== null) files.set("philox.py", philox);
  if (initial !== null) files.set("initial.py", initial);
  return files;
};

const SETTINGS: ScriptSettings = {
  data: "data.npz", test: 0.2, splitSeed: null, text: null, batch: 16, length: { unit: "epochs", count: 3 }, first: 1, seed: 1, program: "abc",
};

/** What `modelText` has. */
export const modelFacts = ({ dropout = false } = {}): ModelFacts => ({
  functions: new Map([["forward", ["X", ...(dropout ? ["noise"] : [])]], ["losses", ["states", "y"]], ["metrics", ["states", "y"]], ["optimizer", ["model"]]]),
  statements: [{ label: "p => one_hot(y)", sign: 1, beyondLength: null, least: 1 }], metrics: [], renamed: new Map(), draws: dropout, compiled: null, mayLackGradients: false, severalOptimizers: false,
});

/** A training script for a model. */
export const scriptOf = (model: ModelFacts = modelFacts(), settings: Partial<ScriptSettings> = {}, random: "philox" | "torch" = "philox"): Script => ({
  name: "small",
  model,
  inputs: [{ name: "X", argument: "X", shape: [4], classes: null }, { name: "y", argument: "y", shape: [], classes: 3 }],
  random,
  hasInitial: random === "philox",
  hasLengths: false,
  settings: { ...SETTINGS, ...settings },
  overBatch: [], leastRows: null, leastSteps: 1, windows: null, later: [],
});
