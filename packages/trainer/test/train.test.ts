import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { nodeDisk } from "@sequent/data";
import type { Disk } from "@sequent/data";
import { interruptOnSignals, readCheckpoint, trainerDiagnostics } from "../src/index.js";
import type { TrainEvent } from "../src/index.js";
import { describeLeft, linear, readLog, readState, right, run, source, temporaryFolder } from "./fixtures.js";

const saved = (folder: string) => readCheckpoint(path.join(folder, "checkpoint.safetensors"));
const epochs = (count: number) => ({ unit: "epochs", count }) as const;
const steps = (count: number) => ({ unit: "steps", count }) as const;

describe("training", () => {
  it("learns, and reports both parts at the end", async () => {
    const folder = temporaryFolder();
    const result = right(await run(linear(), folder, { length: epochs(60) }));
    expect(result).toMatchObject({ outcome: "finished", exitCode: 0, step: 600 });
    expect(result.train?.metrics["error"]).toBeLessThan(0.05);
    expect(result.test?.losses["p => y"]).toBeLessThan(0.01);
    expect(readLog(folder).at(-1)).toMatchObject({
      kind: "final",
      step: 600,
      epoch: 60,
      test: result.test,
      train: result.train,
    });
  });
  it("passes over every training sample once an epoch, in another order each time, and over no test sample", async () => {
    const target = linear();
    const from = source();
    right(await run(target, temporaryFolder(), { length: epochs(3) }));
    const passes = [0, 1, 2].map((epoch) =>
      target.seen.slice(epoch * 10, epoch * 10 + 10).flatMap(({ samples }) => samples),
    );
    const training = from.tag === "data" ? [...from.split.train] : [];
    for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual(training);
    expect(new Set(passes.map(String)).size).toBe(3);
    expect(target.seen.map(({ update }) => update)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
  it("drops a last short batch", async () => {
    const target = linear();
    right(await run(target, temporaryFolder(), { length: epochs(2) }, undefined, source(32)));
    expect(target.seen.map(({ samples }) => samples.length)).toEqual([32, 32, 32, 32]);
  });
  it("trains without data by steps, on samples 0..B-1, and knows no epochs then", async () => {
    const target = linear();
    const bare = { tag: "bare", batch: 4 } as const;
    const free = {
      ...target,
      step: (...[batch, update]: Parameters<typeof target.step>) => (target.step(batch, update), { losses: [0.5] }),
    };
    const result = right(await run(free, temporaryFolder(), { length: steps(3) }, undefined, bare));
    expect([result.step, result.train, result.test]).toEqual([3, null, null]);
    expect(target.seen.map(({ samples }) => samples)).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    expect(describeLeft(await run(free, temporaryFolder(), { length: epochs(3) }, undefined, bare))).toMatch(/^SQ0608/);
  });
  it("does nothing for no steps, and refuses half an epoch", async () => {
    expect(right(await run(linear(), temporaryFolder(), { length: steps(0) })).step).toBe(0);
    for (const count of [0.5, -1, NaN])
      expect(describeLeft(await run(linear(), temporaryFolder(), { length: epochs(count) }))).toMatch(/^SQ0609/);
  });
  it("logs means since the line before, and of each epoch", async () => {
    const losses: number[] = [];
    const folder = temporaryFolder();
    right(
      await run(
        linear((loss) => (losses.push(loss), loss)),
        folder,
        { length: epochs(2), logEvery: 4 },
      ),
    );
    const mean = (from: number, to: number): number => losses.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    const lines = readLog(folder).map(({ kind, step, losses: own }) => [kind, step, own]);
    const line = (kind: string, from: number, to: number) => [kind, to, { "p => y": mean(from, to) }];
    expect(lines).toEqual([
      line("step", 0, 4),
      line("step", 4, 8),
      line("epoch", 0, 10),
      line("step", 8, 12),
      line("step", 12, 16),
      line("step", 16, 20),
      line("epoch", 10, 20),
      ["final", 20, { "p => y": mean(16, 20) }],
    ]);
  });
});

describe("resuming", () => {
  it.each([1, 7, 10, 13, 25, 40])(
    "after %i of 40 steps is bit by bit 40 steps, parameters, slots and metrics.jsonl",
    async (k) => {
      const [whole, parts] = [temporaryFolder(), temporaryFolder()];
      const more = { logEvery: 4, evaluateEvery: 1 };
      const one = linear();
      right(await run(one, whole, { ...more, length: steps(40) }));
      right(await run(linear(), parts, { ...more, length: steps(k) }));
      const two = linear();
      right(await run(two, parts, { ...more, length: steps(40), resume: true }));
      expect(readState(two)).toEqual(readState(one));
      expect(readLog(parts)).toEqual(readLog(whole));
      expect(two.seen).toEqual(one.seen.slice(k));
      expect({ ...saved(parts), seconds: 0 }).toEqual({ ...saved(whole), seconds: 0 });
    },
  );
  it("drops what was logged behind the checkpoint, and half a line", async () => {
    const folder = temporaryFolder();
    right(await run(linear(), folder, { length: steps(20) }));
    const file = path.join(folder, "metrics.jsonl");
    fs.appendFileSync(file, '{"kind":"step","step":30,"losses":{"p => y":1}}\n{"kind":"st');
    right(await run(linear(), folder, { length: steps(40), resume: true }));
    expect(
      readLog(folder)
        .filter(({ kind }) => kind === "step")
        .map(({ step }) => step),
    ).toEqual([10, 20, 30, 40]);
  });
  it("draws the whole curve, also of the part before", async () => {
    const folder = temporaryFolder();
    right(await run(linear(), folder, { length: steps(20) }));
    const events: TrainEvent[] = [];
    right(await run(linear(), folder, { length: steps(40), resume: true }, (event) => events.push(event)));
    const ended = events.find((event) => event.tag === "ended");
    expect(ended?.curve.map(({ step }) => step)).toEqual([10, 20, 30, 40]);
  });
  it("names the first differences to another program", async () => {
    const folder = temporaryFolder();
    right(await run(linear(), folder));
    const base = linear();
    const resumed = async (change: (state: Map<string, ReturnType<typeof get>>) => void) => {
      const state = new Map(base.state());
      change(state);
      return describeLeft(await run({ ...base, state: () => state }, folder, { resume: true }));
    };
    const get = (name: string) =>
      base.state().get(name) ?? { shape: [], rows: 1, batched: false, data: new Float64Array(1) };
    expect(await resumed((s) => s.delete("b"))).toMatch(/^SQ0604 .* is of another program: b is not in the program$/);
    expect(await resumed((s) => s.set("c", get("b")))).toMatch(/^SQ0604 .*: c is missing$/);
    expect(await resumed((s) => s.set("w", { ...get("w"), shape: [3] }))).toMatch(
      /^SQ0604 .*: w is \[2\] there and \[3\] here$/,
    );
    expect(await resumed((s) => s.set("b", { ...get("b"), data: new Float32Array(1) }))).toMatch(
      /^SQ0604 .*: b is f64 there and f32 here$/,
    );
    expect(describeLeft(await run({ ...base, statements: ["a", "b"] }, folder, { resume: true }))).toMatch(
      /^SQ0604 .*1 training statements there and 2 here/,
    );
  });
  it("refuses another seed or batch, what is no checkpoint, and none", async () => {
    const folder = temporaryFolder();
    expect(describeLeft(await run(linear(), folder, { resume: true }))).toMatch(/^SQ0602 there is no checkpoint/);
    right(await run(linear(), folder));
    expect(describeLeft(await run(linear(), folder, { resume: true, seed: 4 }))).toMatch(
      /^SQ0605 .* has seed 3, and this run has 4/,
    );
    expect(describeLeft(await run(linear(), folder, { resume: true }, undefined, source(16)))).toMatch(
      /^SQ0605 .* has batch 8, and this run has 16/,
    );
    const file = path.join(folder, "checkpoint.safetensors");
    fs.writeFileSync(file, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]));
    expect(describeLeft(await run(linear(), folder, { resume: true }))).toMatch(/^SQ0603/);
    fs.writeFileSync(file, "binary garbage, not a checkpoint");
    expect(describeLeft(await run(linear(), folder, { resume: true }))).toMatch(/^SQ0511/);
  });
  it("notes a changed program whose parameters fit", async () => {
    const folder = temporaryFolder();
    right(await run(linear(), folder));
    const notes: string[] = [];
    right(
      await run(
        linear(),
        folder,
        { resume: true, program: "xyz" },
        (event) => event.tag === "note" && notes.push(event.text),
      ),
    );
    expect(notes).toHaveLength(1);
  });
});

describe("interruption", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s keeps a checkpoint that resumes exactly", async (signal) => {
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    const one = linear();
    right(await run(one, whole, { length: steps(3000) }));
    const interrupt = interruptOnSignals();
    const asked = { at: 0 };
    const slow = linear((loss, update) => {
      if (update === 100) {
        process.kill(process.pid, signal);
        asked.at = performance.now();
      }
      // Long enough for the loop to let the signal through.
      for (const until = performance.now() + 0.5; update > 100 && performance.now() < until;);
      return loss;
    });
    const result = right(await run(slow, parts, { length: steps(3000), interrupt: interrupt.signal }));
    interrupt.dispose();
    expect(performance.now() - asked.at).toBeLessThan(1000);
    expect(result).toMatchObject({ outcome: "interrupted", exitCode: 130, train: null });
    expect(result.step).toBeLessThan(3000);
    expect(saved(parts).update).toBe(result.step);
    const two = linear();
    expect(right(await run(two, parts, { length: steps(3000), resume: true })).step).toBe(3000);
    expect(readState(two)).toEqual(readState(one));
    expect(readLog(parts)).toEqual(readLog(whole));
  });
});

describe("what goes wrong", () => {
  it.each([NaN, Infinity])(
    "a loss of %d stops the run, names statement and step, and keeps the last good checkpoint",
    async (bad) => {
      const folder = temporaryFolder();
      const result = await run(
        linear((loss, update) => (update === 30 ? bad : loss)),
        folder,
        { checkpointEvery: 0 },
      );
      expect(describeLeft(result)).toBe(`SQ0606 the loss of \`p => y\` is ${String(bad)} at step 31`);
      expect(saved(folder).update).toBe(30);
      expect(readLog(folder).at(-1)).toMatchObject({ step: 30 });
    },
  );
  it("a parameter that is NaN never reaches a checkpoint", async () => {
    const folder = temporaryFolder();
    const target = linear();
    const spoiled = {
      ...target,
      step: (...[batch, update]: Parameters<typeof target.step>) => {
        const result = target.step(batch, update);
        if (update === 20) target.state().get("w")?.data.fill(NaN);
        return result;
      },
    };
    expect(describeLeft(await run(spoiled, folder, { checkpointEvery: 0 }))).toBe(
      'SQ0607 parameter "w" [2] after 21 updates holds NaN',
    );
    expect(saved(folder).update).toBe(20);
  });
  it("a disk that fills up leaves the last checkpoint whole and nothing else behind", async () => {
    const folder = temporaryFolder();
    let opened = 0;
    const full = (): never => {
      throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    const disk: Disk = {
      ...nodeDisk,
      open: (file) => (opened++, nodeDisk.open(file)),
      write: (fd, bytes) => (opened > 6 ? full() : nodeDisk.write(fd, bytes)),
    };
    const result = await run(linear(), folder, { checkpointEvery: 0, disk });
    expect(describeLeft(result)).toMatch(/^SQ0601 can't write ".*checkpoint.safetensors": the disk is full$/);
    expect(saved(folder).update).toBe(4);
    expect(fs.readdirSync(folder).sort()).toEqual(["checkpoint.safetensors", "metrics.jsonl"]);
  });
  it("a full disk under metrics.jsonl, and a folder that can't be made", async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, "file"), "");
    const events: string[] = [];
    expect(describeLeft(await run(linear(), path.join(folder, "file"), {}, (event) => events.push(event.tag)))).toMatch(
      /^SQ0601/,
    );
    expect(describeLeft(await run(linear(), path.join(folder, "file", "x")))).toMatch(/^SQ0601 can't make the folder/);
    expect(events).toEqual(["failed"]);
  });
  it("a bug is not dressed up as a diagnostic", async () => {
    const broken = {
      ...linear(),
      step: () => {
        throw new TypeError("a bug");
      },
    };
    await expect(run(broken, temporaryFolder())).rejects.toThrow("a bug");
  });
  it("codes are of this package and occur once", () => {
    const codes = trainerDiagnostics.map((record) => record.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^SQ06[0-4]\d$/);
  });
});
