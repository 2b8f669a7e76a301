/** `initial.py`: the initial values of a program's parameters, by the initialisers that it uses. */
import { fansOf, invariant } from "@sequent/ir";
import type { AttrValue, Param, Program } from "@sequent/ir";
import { literal, quoted } from "../model/code.js";
import type { Python } from "./python-file.js";
import { pythonFile } from "./python-file.js";

/** An initialiser in Python, and which fans it is told. Attributes are keywords; the Python function has their defaults. */
interface Printed extends Python {
  readonly fans: readonly ("fanIn" | "fanOut")[];
  /** `uniforms` and `normals` are imported from philox.py. */
  readonly draws: readonly string[];
}

const define = (draws: readonly string[], fans: Printed["fans"], uses: readonly string[], text: string): Printed => ({ draws, fans, uses, text });

const SYMMETRIC = String.raw`
def symmetric(state: State, seed: int, name: str, bound: float) -> None:
    """Uniform between -bound and bound."""
    draw = 2 * uniforms(seed, name, state[name].numel()) - 1
    state[name].copy_((draw * bound).view_as(state[name]))
`;

const SCALED = String.raw`
def scaled(state: State, seed: int, name: str, std: float, mean: float = 0.0) -> None:
    """Normal."""
    draw = normals(seed, name, state[name].numel())
    state[name].copy_((mean + std * draw).view_as(state[name]))
`;

const ORTHOGONAL = String.raw`
def orthogonal(state: State, seed: int, name: str, gain: float = 1.0) -> None:
    """A random matrix with orthonormal rows or columns, by Gram and Schmidt's method."""
    rows = state[name].shape[0]
    matrix = normals(seed, name, state[name].numel()).float().double().reshape(rows, -1)
    wide = rows <= matrix.shape[1]
    a = matrix.T.clone() if wide else matrix.clone()
    for j in range(a.shape[1]):
        v = a[:, j]
        for _ in range(2 if j > 0 else 0):  # twice is enough
            c = (a[:, :j] * v[:, None]).cumsum(0)[-1]
            v = v - (a[:, :j] * c).cumsum(1)[:, -1]
        a[:, j] = v / (v * v).cumsum(0)[-1].sqrt()
    state[name].copy_((gain * (a.T if wide else a)).reshape(state[name].shape))
`;

/** By the name of the initialiser's record; those without are helpers. */
const INITIALISERS: ReadonlyMap<string, Printed> = new Map<string, Printed>([
  ["symmetric", define(["uniforms"], [], [], SYMMETRIC)],
  ["scaled", define(["normals"], [], [], SCALED)],
  ["uniform_fan_in", define([], ["fanIn"], ["symmetric"], String.raw`
def uniform_fan_in(state: State, seed: int, name: str, fan_in: int) -> None:
    """PyTorch's default for linear and convolutional layers: U(-1/√fan_in, 1/√fan_in)."""
    symmetric(state, seed, name, 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0)
`)],
  ["uniform", define(["uniforms"], [], [], String.raw`
def uniform(state: State, seed: int, name: str, a: float = 0.0, b: float = 1.0) -> None:
    """Uniform between a and b."""
    draw = uniforms(seed, name, state[name].numel())
    state[name].copy_((a + (b - a) * draw).view_as(state[name]))
`)],
  ["normal", define([], [], ["scaled"], String.raw`
def normal(state: State, seed: int, name: str, mean: float = 0.0, std: float = 1.0) -> None:
    """Normal."""
    scaled(state, seed, name, std, mean)
`)],
  ["orthogonal", define(["normals"], [], [], ORTHOGONAL)],
  ["xavier_uniform", define([], ["fanIn", "fanOut"], ["symmetric"], String.raw`
def xavier_uniform(
    state: State, seed: int, name: str, fan_in: int, fan_out: int, gain: float = 1.0
) -> None:
    """U(±gain·√(6/(fan_in + fan_out)))."""
    std = gain * math.sqrt(2 / (fan_in + fan_out))
    symmetric(state, seed, name, math.sqrt(3) * std)
`)],
  ["xavier_normal", define([], ["fanIn", "fanOut"], ["scaled"], String.raw`
def xavier_normal(
    state: State, seed: int, name: str, fan_in: int, fan_out: int, gain: float = 1.0
) -> None:
    """Normal of deviation gain·√(2/(fan_in + fan_out))."""
    scaled(state, seed, name, gain * math.sqrt(2 / (fan_in + fan_out)))
`)],
  ["kaiming_uniform", define([], ["fanIn", "fanOut"], ["symmetric"], String.raw`
def kaiming_uniform(
    state: State, seed: int, name: str, fan_in: int, fan_out: int, a: float = 0.0, mode: str = "fan_in"
) -> None:
    """U(±√3·s), s = √(2/(1 + a²))/√fan."""
    std = math.sqrt(2 / (1 + a * a)) / math.sqrt(fan_in if mode == "fan_in" else fan_out)
    symmetric(state, seed, name, math.sqrt(3) * std)
`)],
  ["kaiming_normal", define([], ["fanIn", "fanOut"], ["scaled"], String.raw`
def kaiming_normal(
    state: State, seed: int, name: str, fan_in: int, fan_out: int, a: float = 0.0, mode: str = "fan_in"
) -> None:
    """Normal of deviation √(2/(1 + a²))/√fan."""
    std = math.sqrt(2 / (1 + a * a)) / math.sqrt(fan_in if mode == "fan_in" else fan_out)
    scaled(state, seed, name, std)
`)],
  ["chrono", define(["uniforms"], [], [], String.raw`
def chrono(state: State, seed: int, name: str, steps: float, sign: float = 1.0) -> None:
    """±log U(1, steps - 1): a gate's bias, to remember for so many steps (Tallec and Ollivier 2018)."""
    draw = uniforms(seed, name, state[name].numel())
    state[name].copy_((sign * (1 + (max(steps, 2) - 2) * draw).log()).view_as(state[name]))
`)],
  ["constant", define([], [], [], String.raw`
def constant(state: State, seed: int, name: str, c: float) -> None:
    """One number everywhere."""
    state[name].fill_(c)
`)],
  ["zeros", define([], [], [], String.raw`
def zeros(state: State, seed: int, name: str) -> None:
    """0 everywhere."""
    state[name].fill_(0.0)
`)],
  ["ones", define([], [], [], String.raw`
def ones(state: State, seed: int, name: str) -> None:
    """1 everywhere."""
    state[name].fill_(1.0)
`)],
]);

/** The initialisers that can be printed: those of the IR's table. */
export const printableInitialisers: ReadonlySet<string> = new Set(INITIALISERS.keys());

const printValue = (value: AttrValue): string =>
  typeof value === "number" ? literal(value).text : typeof value === "string" ? quoted(value) : JSON.stringify(value);

const sizesOf = (param: Param): readonly number[] =>
  (param.type?.shape ?? []).map((dim) => {
    invariant(typeof dim === "number", `${param.name} has no fixed shape`);
    return dim;
  });

/** One parameter's line: \`uniform_fan_in(state, seed, "M_1.weight", 64)\`. */
const printParameter = (program: Program, param: Param): readonly string[] => {
  const { init } = param;
  if (param.role === "copy") {
    const original = param.of === null ? undefined : program.params[param.of];
    return original === undefined ? [] : [`state[${quoted(param.name)}].copy_(state[${quoted(original.name)}])`];
  }
  if (param.role !== "weight") return [];
  const record = INITIALISERS.get(init.name);
  invariant(record !== undefined, `${init.name} has no Python`);
  const owner = init.fanOf === null ? param : (program.params[init.fanOf] ?? param);
  const fans = fansOf(sizesOf(owner));
  const args = [
    ...record.fans.map((fan) => String(fans[fan])),
    ...Object.entries(init.attrs).map(([key, value]) => `${key}=${printValue(value)}`),
  ];
  return wrapCall(init.name, ["state", "seed", quoted(param.name), ...args]);
};

/** A call as ruff formats it: on one line if it fits into 100 columns. */
const wrapCall = (name: string, args: readonly string[]): readonly string[] => {
  const line = `${name}(${args.join(", ")})`;
  if (line.length + 4 <= 100) return [line];
  const inner = `    ${args.join(", ")}`;
  return inner.length + 4 <= 100 ? [`${name}(`, inner, ")"] : [`${name}(`, ...args.map((arg) => `    ${arg},`), ")"];
};

/** Initialisers whose parameters a program has. */
const initialisersOf = (program: Program): readonly string[] => [
  ...new Set(program.params.flatMap((param) => (param.role === "weight" ? [param.init.name] : []))),
];

/** Which of philox.py's parts `initial.py` imports. */
export const drawsOfInitial = (program: Program): readonly string[] => {
  const draws = new Set<string>();
  for (const name of initialisersOf(program)) {
    const record = INITIALISERS.get(name);
    for (const draw of [...(record?.draws ?? []), ...(record?.uses ?? []).flatMap((use) => INITIALISERS.get(use)?.draws ?? [])]) draws.add(draw);
  }
  return [...draws].sort();
};

/** The file; null for a program without weights. `renamed`: what Python calls some of the weights. */
export const printInitial = (program: Program, renamed: ReadonlyMap<string, string> = new Map()): string | null => {
  const copies = program.params.filter((param) => param.role === "copy");
  const aliases = program.params.flatMap((param) => {
    const theirs = param.role === "weight" ? renamed.get(param.name) : undefined;
    return theirs === undefined ? [] : [`state[${quoted(param.name)}] = state[${quoted(theirs)}]`];
  });
  const lines = [...aliases, ...[...program.params.filter((param) => param.role !== "copy"), ...copies].flatMap((param) => printParameter(program, param))];
  if (lines.length === 0) return null;
  const initialize: Python = {
    text: [
      "",
      "def initialize(model: nn.Module, seed: int) -> None:",
      '    """Gives each parameter its initial values, drawn from the stream of its own name."""',
      "    state = model.state_dict()",
      ...lines.map((line) => `    ${line}`),
      "",
    ].join("\n"),
    uses: initialisersOf(program),
  };
  const draws = drawsOfInitial(program);
  const parts = new Map<string, Python>([
    ...INITIALISERS,
    ["initialize", initialize],
  ]);
  const text = pythonFile("Initial values of the model's parameters.", parts, ["initialize"], [
    [/\bmath\./, "import math"],
    [/\b(uniforms|normals)\(/, `from philox import ${[...draws].join(", ")}`],
    [/\bnn\./, initialisersOf(program).length > 0 ? "from torch import Tensor, nn" : "from torch import nn"],
  ]);
  if (text === null || initialisersOf(program).length === 0) return text;
  return text.replace("\n\n\ndef ", "\n\nState = dict[str, Tensor]\n\n\ndef ");
};
