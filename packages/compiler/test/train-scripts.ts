/** Emitted training scripts, many in one Python process: importing PyTorch takes longer than training. Each has a `model` of its own. */
import * as t from "io-ts/lib/index.js";
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import path from "node:path";
import { warmPython } from "@sequent/backend-pytorch";
import type { RanScript } from "@sequent/backend-pytorch";

// Of all test files of a process, and it ends with it. One thread: what PyTorch compiles here is small, and each of its workers would import PyTorch.
const warm = warmPython({ ...process.env, TORCHINDUCTOR_COMPILE_THREADS: "1" });

/** Of several processes each runs this; the first one chooses a free port for each folder, and leaves it in `root`. */
const RUNNER = String.raw`
import json, math, os, re, socket, sys, time, traceback
from importlib.machinery import SourceFileLoader
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
torch.set_num_threads(1)
sys.dont_write_bytecode = True
root, rank, world, watching = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[5] == "watch"

# A script that runs several times is compiled once, and so is what it imports.
compiled = {}
compile_file = SourceFileLoader.source_to_code

def compile_once(loader, text, file, **options):
    if (file, text) not in compiled:
        compiled[file, text] = compile_file(loader, text, file, **options)
    return compiled[file, text]

SourceFileLoader.source_to_code = compile_once

def numbers(values):
    return [x if math.isfinite(x) else None for x in values.detach().double().flatten().tolist()]

def run(folder, updates, idle):
    """Runs train.py; notes the weights before each Update, its losses, and which weights never have a gradient."""
    place = os.path.join(folder, "train.py")
    script = {"__name__": "train", "__file__": place}
    exec(SourceFileLoader("train", place).get_code("train"), script)
    compute = script["compute"]
    def watched(model, *args):
        weights = {name: numbers(value) for name, value in model.named_parameters()}
        if not updates:
            idle.update({value: name for name, value in model.named_parameters()})
        done = compute(model, *args)
        values = done[0] if isinstance(done, tuple) else done
        updates.append({"weights": weights, "losses": numbers(values[: len(script["STATEMENTS"])])})
        return done
    def reached(optimizer, *_):
        for group in optimizer.param_groups:
            for value in group["params"]:
                if value.grad is not None:
                    idle.pop(value, None)
    if watching:
        script["compute"] = watched
    hook = register_optimizer_step_pre_hook(reached)
    try:
        code = script["main"]()
    finally:
        hook.remove()
    return f"ended with {code}" if code else None

with open(sys.argv[4]) as file:
    runs = json.load(file)
for k, (folder, args) in enumerate(runs):
    known = list(sys.path)
    if world > 1:
        place = os.path.join(root, f"port_{k}")
        if rank == 0:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            with open(place + ".new", "w") as file:
                file.write(str(port))
            os.rename(place + ".new", place)
        while not os.path.exists(place):
            time.sleep(0.01)
        with open(place) as file:
            os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=file.read(), RANK=str(rank), WORLD_SIZE=str(world), LOCAL_RANK=str(rank))
    sys.argv = ["train.py", "--device", "cpu", *args]
    sys.path.insert(0, folder)
    updates, idle = [], {}
    try:
        error = run(folder, updates, idle)
    except SystemExit as end:
        error = f"ended: {end.code}" if end.code else None
    except Exception:
        error = traceback.format_exc()
    if error is not None:
        print(folder, error, file=sys.stderr)
    if watching:
        with open(os.path.join(folder, "watched.json"), "w") as file:
            json.dump({"error": error, "updates": updates, "idle": sorted(idle.values())}, file)
    for module in [name for name in sys.modules if re.fullmatch(r"model|philox|initial|behind(_\d+)?", name)]:
        del sys.modules[module]
    sys.path[:] = known
    torch.set_default_dtype(torch.float32)
`;

/** Runs one train.py as a process of its own, on the CPU. */
export const trainScript = (folder: string, ...args: readonly string[]): Promise<RanScript> => warm.run(folder, ["train.py", "--device", "cpu", ...args]);

/** A folder with a train.py, and its arguments. */
export type ScriptRun = readonly [string, readonly string[]];

let lists = 0;
const runAll = async (root: string, runs: readonly ScriptRun[], { rank, world }: { readonly rank: number; readonly world: number }, watching: boolean): Promise<string> => {
  const list = path.join(root, `runs_${String(lists++)}.json`);
  fs.writeFileSync(list, JSON.stringify(runs));
  const runner = list.replace(/json$/, "py");
  fs.writeFileSync(runner, RUNNER);
  const { status, stderr } = await warm.run(root, [runner, root, String(rank), String(world), list, watching ? "watch" : ""]);
  if (status !== 0) throw new Error(stderr);
  return stderr;
};

/** Runs them one after the other, and gives what they wrote to stderr: a script that fails says so there, and the next one runs. */
export const trainScripts = (root: string, runs: readonly ScriptRun[], processes = { rank: 0, world: 1 }): Promise<string> => runAll(root, runs, processes, false);

const Numbers = t.readonlyArray(t.union([t.number, t.null]));
const Watched = t.type({ error: t.union([t.string, t.null]), updates: t.readonlyArray(t.type({ weights: t.record(t.string, Numbers), losses: Numbers })), idle: t.readonlyArray(t.string) });
/** What a script did: before each Update its weights, the losses of each, weights that never have had a gradient, and how it failed, if it did. What is not finite is null. */
export type Watched = t.TypeOf<typeof Watched>;

/** The same, each in a folder of its own, with what they did. */
export const watchScripts = async (root: string, runs: readonly ScriptRun[]): Promise<readonly Watched[]> => {
  await runAll(root, runs, { rank: 0, world: 1 }, true);
  return runs.map(([folder]) => {
    const seen = Watched.decode(JSON.parse(fs.readFileSync(path.join(folder, "watched.json"), "utf8")));
    if (E.isLeft(seen)) throw new Error(`${folder}: not what a watched script leaves`);
    return seen.right;
  });
};
