// How fast emitted recurrences are beside what is written by hand: medians of interleaved runs, forward and backward. Not a test; the figures
// are this machine's.
//   node scripts/bench-recurrent.mjs [--steps=64] [--batch=64] [--width=128] [--runs=7] [--cpu]
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "rolldown";

const root = path.dirname(import.meta.dirname);
const option = (name, standard) => Number(process.argv.find((one) => one.startsWith(`--${name}=`))?.split("=")[1] ?? standard);
const [steps, batch, width, runs] = [option("steps", 64), option("batch", 64), option("width", 128), option("runs", 7)];

const declared = (name) => `x : [${width}]\ny : [${width}]\n${name} : dense[${width}]\n`;
const PROGRAMS = {
  gru: `${declared("R")}0 -> h_0
h_{t-1} | x_t --[R|sigmoid]-> r_t
h_{t-1} | x_t --[Z|sigmoid]-> z_t
(r_t * h_{t-1}) | x_t --[L|tanh]-> l_t
(1 - z_t) * h_{t-1} + z_t * l_t -> h_t
h_t => y_t
`,
  lstm: `${declared("F")}0 -> h_0
0 -> c_0
h_{t-1} | x_t --[F|sigmoid]-> f_t
h_{t-1} | x_t --[I|sigmoid]-> i_t
h_{t-1} | x_t --[O|sigmoid]-> o_t
h_{t-1} | x_t --[G|tanh]-> g_t
f_t * c_{t-1} + i_t * g_t -> c_t
o_t * tanh(c_t) -> h_t
h_t => y_t
`,
  rnn: `${declared("H")}0 -> h_0
h_{t-1} | x_t --[H|tanh]-> h_t
h_t => y_t
`,
};

const PEERS = String.raw`
import importlib.util, statistics, sys, time
import torch
from torch import nn

STEPS, BATCH, WIDTH, RUNS = map(int, sys.argv[2:6])
# Seconds of the processor, of one thread, say more than the wall's on a machine that is busy.
CPU = sys.argv[6] == "1"
CLOCK = time.process_time if CPU else time.perf_counter
torch.set_num_threads(1 if CPU else torch.get_num_threads())
torch.manual_seed(0)
x, y = torch.randn(STEPS, BATCH, WIDTH), torch.randn(STEPS, BATCH, WIDTH)


class Hoisted(nn.Module):
    """A GRU as one writes it by hand: the products with x are done for all steps at once."""

    def __init__(self) -> None:
        super().__init__()
        self.x_part, self.gates = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.new = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x):
        h, hs = x.new_zeros(BATCH, WIDTH), []
        for part in self.x_part(x):
            gates, new = part.split([2 * WIDTH, WIDTH], -1)
            r, z = torch.sigmoid(gates + self.gates(h)).chunk(2, -1)
            h = (1 - z) * h + z * torch.tanh(new + self.new(r * h))
            hs.append(h)
        return torch.stack(hs)


def emitted(name):
    spec = importlib.util.spec_from_file_location(name, f"{sys.argv[1]}/{name}/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Model()
    return model, lambda: sum(module.losses(model(x), y).values())


def by_hand(model, of):
    return model, lambda: (0.5 * (of(model(x)) - y).square().sum(-1)).mean()


CASES = {
    "GRU": [emitted("gru"), by_hand(Hoisted(), lambda out: out)],
    "LSTM": [emitted("lstm"), by_hand(nn.LSTM(WIDTH, WIDTH), lambda out: out[0])],
    "RNN": [emitted("rnn"), by_hand(nn.RNN(WIDTH, WIDTH), lambda out: out[0])],
}


def seconds(case):
    model, loss = case
    model.zero_grad()
    start = CLOCK()
    loss().backward()
    return CLOCK() - start


print(f"T {STEPS}, B {BATCH}, H {WIDTH}, {torch.get_num_threads()} threads, median of {RUNS} interleaved runs, forward and backward" + (", seconds of the processor" if CPU else ""))
for name, cases in CASES.items():
    for case in cases:
        seconds(case)
    times = [[seconds(case) for case in cases] for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) * 1000 for column in zip(*times))
    peer = "hand-written, hoisted" if name == "GRU" else f"nn.{name}"
    print(f"{name:6} emitted {ours:8.2f} ms   {peer:22} {theirs:8.2f} ms   {theirs / ours:5.2f} x its speed")
`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-recurrent-"));
try {
  const file = path.join(folder, "compiler.mjs");
  await build({
    input: path.join(root, "packages/compiler/src/index.ts"), platform: "node", logLevel: "warn",
    resolve: { conditionNames: ["@sequent/source", "node", "import", "default"], alias: { "fp-ts/lib": "fp-ts/es6", "io-ts/lib": "io-ts/es6" } },
    output: { format: "esm", codeSplitting: false, file },
  });
  const { compile, emitPytorch } = await import(file);
  for (const [name, source] of Object.entries(PROGRAMS)) {
    const compiled = compile(source, `${name}.seq`);
    if (compiled._tag === "Left") throw new Error(JSON.stringify(compiled.left));
    const emitted = emitPytorch(compiled.right, { name, folder: null });
    if (emitted._tag === "Left") throw new Error(JSON.stringify(emitted.left));
    fs.mkdirSync(path.join(folder, name));
    for (const [one, text] of emitted.right.files) fs.writeFileSync(path.join(folder, name, one), text);
  }
  fs.writeFileSync(path.join(folder, "peers.py"), PEERS);
  const python = process.env.SEQUENT_PYTHON ?? path.join(root, ".venv/bin/python");
  const { status } = spawnSync(python, [path.join(folder, "peers.py"), folder, ...[steps, batch, width, runs, process.argv.includes("--cpu") ? 1 : 0].map(String)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
