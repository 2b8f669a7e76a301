/** Emitted training scripts, many in one Python process: importing PyTorch takes longer than training. Each has a `model` of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findPython } from "../src/index.js";

/** Of several processes each runs this; the first one chooses a free port for each folder, and leaves it in `root`. */
const RUNNER = String.raw`
import json, os, runpy, socket, sys, time, traceback
import torch
torch.set_num_threads(1)
root, rank, world = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for k, (folder, args) in enumerate(json.loads(sys.argv[4])):
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
    try:
        runpy.run_path(os.path.join(folder, "train.py"), run_name="__main__")
    except SystemExit as end:
        if end.code:
            print(folder, "ended with", end.code, file=sys.stderr)
    except Exception:
        print(folder, file=sys.stderr)
        traceback.print_exc()
    for module in ("model", "philox", "initial"):
        sys.modules.pop(module, None)
    sys.path[:] = known
    torch.set_default_dtype(torch.float32)
`;

/** A folder with a train.py, and its arguments. */
export type ScriptRun = readonly [string, readonly string[]];

/** Runs them one after the other, and gives what they wrote to stderr: a script that fails says so there, and the next one runs. */
export const trainScripts = async (root: string, runs: readonly ScriptRun[], { rank, world } = { rank: 0, world: 1 }): Promise<string> => {
  const { stderr } = await promisify(execFile)(findPython(), ["-c", RUNNER, root, String(rank), String(world), JSON.stringify(runs)], { encoding: "utf8", maxBuffer: 1 << 26 });
  return stderr;
};
