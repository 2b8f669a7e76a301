/** Python scripts, each in a process of its own that has imported PyTorch already: importing takes longer than most of what tests run. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts/lib/index.js";
import { invariant } from "@sequent/ir";
import { findPython } from "./python.js";

/**
 * Imports what training scripts import, and forks for each line of stdin: a process that waits for the script and tells how it ended, and
 * from it the script's, which goes on behind the loop as if it had been started by itself. It ends without taking down what was imported,
 * which would take as long as importing it.
 */
const SERVER = String.raw`
import atexit, json, os, runpy, sys, traceback
import numpy, safetensors.numpy, safetensors.torch, torch, torch._dynamo, torch.distributed
torch.set_num_threads(1)
sys.dont_write_bytecode = True

def tell(**what):
    os.write(1, (json.dumps(what) + "\n").encode())

for line in sys.stdin:
    if os.fork() == 0:
        break
else:
    os._exit(0)
job = json.loads(line)
pid = os.fork()
if pid:
    tell(id=job["id"], pid=pid)
    tell(id=job["id"], code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)
for stream, file in enumerate((os.devnull, job["stdout"], job["stderr"])):
    os.dup2(os.open(file, os.O_RDONLY if stream == 0 else os.O_WRONLY | os.O_CREAT), stream)
os.chdir(job["cwd"])
os.environ.update(job["env"])
sys.argv = job["args"]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
    code = None
except SystemExit as end:
    code = end.code
except BaseException:
    traceback.print_exc()
    code = 1
if not isinstance(code, int | None):
    print(code, file=sys.stderr)
    code = 1
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code or 0)
`;

/** How a script ended: its exit code, or minus the signal that ended it. */
export interface RanScript {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WarmPython {
  /**
   * Runs a script with its arguments (`args[0]` is its file) in a folder, with nothing on stdin. Whoever wants to signal it is told its
   * process. Rejects where Python itself has ended.
   */
  readonly run: (cwd: string, args: readonly string[], options?: { readonly env?: Readonly<Record<string, string>>; readonly onStart?: (pid: number) => void }) => Promise<RanScript>;
  /** Ends Python, as the end of this process does; nothing runs by then. */
  readonly close: () => void;
}

const Told = t.intersection([t.type({ id: t.number }), t.partial({ pid: t.number, code: t.number })]);
interface Waiting {
  readonly onStart: (pid: number) => void;
  readonly onEnd: (code: number) => void;
  readonly onFailure: (error: Error) => void;
}

/** Starts Python, which is ready for scripts after some seconds; `env` is theirs, too. */
export const warmPython = (env: NodeJS.ProcessEnv = process.env): WarmPython => {
  const server = spawn(findPython(), ["-c", SERVER], { env, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, Waiting>();
  let count = 0;
  createInterface({ input: server.stdout }).on("line", (line) => {
    const told = Told.decode(JSON.parse(line));
    invariant(E.isRight(told), "Python tells of processes");
    const { id, pid, code } = told.right, one = waiting.get(id);
    if (pid !== undefined) one?.onStart(pid);
    if (code === undefined) return;
    waiting.delete(id);
    one?.onEnd(code);
  });
  const fail = (error: Error): void => {
    for (const one of waiting.values()) one.onFailure(error);
    waiting.clear();
  };
  server.on("error", fail);
  server.on("close", (code) => { fail(new Error(`Python ended with ${String(code)}`)); });
  return {
    run: (cwd, args, { env: own = {}, onStart = () => undefined } = {}) => new Promise((resolve, reject) => {
      const id = count++, said = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-warm-"));
      const stdout = path.join(said, "out"), stderr = path.join(said, "err");
      const onEnd = (status: number): void => {
        const texts = [stdout, stderr].map((file) => fs.readFileSync(file, "utf8"));
        fs.rmSync(said, { recursive: true });
        resolve({ status, stdout: texts[0] ?? "", stderr: texts[1] ?? "" });
      };
      waiting.set(id, { onStart, onFailure: reject, onEnd });
      server.stdin.write(`${JSON.stringify({ id, cwd, args, env: own, stdout, stderr })}\n`);
    }),
    close: () => { server.stdin.end(); },
  };
};
