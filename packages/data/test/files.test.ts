import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { NOWHERE } from "@sequent/ir";
import { attempt, dataArray, dataDiagnostics, nodeDisk, readData, replaceFile, writeData } from "../src/index.js";
import type { Disk } from "../src/index.js";
import { describeLeft, right, temporaryFolder, utf8 } from "./helpers.js";

const failing = (code: string): never => {
  throw Object.assign(new Error(`${code}: refused`), { code });
};

describe("reading", () => {
  const folder = temporaryFolder();
  it.each([
    ["missing.npz", /^SQ0501 can't read ".*missing.npz": there is no such file or folder/],
    ["", /^SQ0502/],
    ["folder.csv", /^SQ0501 .* it is a folder/],
    ["data.xlsx", /^SQ0502 ".*data.xlsx" ends in none of .npz, .npy, .csv/],
    ["a\u0000.csv", /^SQ0501 .* the path holds a zero byte/],
    [`${"a".repeat(5000)}.csv`, /^SQ0501 .* the name is too long/],
    ["file.csv/x.csv", /^SQ0501 .* a part of the path is no folder/],
  ])("%.20s", (name, message) => {
    fs.mkdirSync(path.join(folder, "folder.csv"), { recursive: true });
    fs.writeFileSync(path.join(folder, "file.csv"), "a\n1\n");
    expect(describeLeft(readData(path.join(folder, name), NOWHERE))).toMatch(message);
  });
  it("does not wait for a device", () => {
    fs.symlinkSync("/dev/zero", path.join(folder, "zero.npz"));
    expect(describeLeft(readData(path.join(folder, "zero.npz"), NOWHERE))).toMatch(/^SQ0501 .* it is no regular file/);
  });
});

describe("replacing a file", () => {
  it.each([".npz", ".npy", ".csv", ".safetensors"])("writes what it reads: %s", (ending) => {
    const file = path.join(temporaryFolder(), `x${ending}`);
    const x = dataArray("x", [3], Float64Array.of(0.1, -2, 1e-300));
    right(writeData(file, [x], NOWHERE));
    expect(right(readData(file, NOWHERE)).get("x")).toEqual(x);
    expect(fs.readdirSync(path.dirname(file))).toEqual([`x${ending}`]);
  });
  const broken: readonly (readonly [string, Partial<Disk>, RegExp])[] = [
    ["a disk that is full at once", { write: () => failing("ENOSPC") }, /the disk is full/],
    ["a disk that is full when synced", { sync: () => failing("ENOSPC") }, /the disk is full/],
    [
      "a disk that is full when closed",
      { close: (fd) => (fs.closeSync(fd), failing("EDQUOT")) },
      /the disk quota is used up/,
    ],
    ["a folder that may not be written", { open: () => failing("EACCES") }, /permission denied/],
    ["a rename that is refused", { rename: () => failing("EXDEV") }, /the system says EXDEV/],
  ];
  it.each(broken)("leaves the old file whole on %s", (_, part, reason) => {
    const folder = temporaryFolder();
    const file = path.join(folder, "x.bin");
    fs.writeFileSync(file, "old");
    const disk: Disk = { ...nodeDisk, write: (fd, bytes) => nodeDisk.write(fd, bytes.subarray(0, 3)), ...part };
    const message = describeLeft(
      attempt(NOWHERE, () => {
        replaceFile(file, [utf8("something new")], disk);
      }),
    );
    expect(message).toMatch(/^SQ0540 can't write /);
    expect(message).toMatch(reason);
    expect(fs.readFileSync(file, "utf8")).toBe("old");
    expect(fs.readdirSync(folder)).toEqual(["x.bin"]);
  });
  it("goes on after a short write", () => {
    const file = path.join(temporaryFolder(), "x.bin");
    replaceFile(file, [utf8("in several"), utf8(" pieces")], {
      ...nodeDisk,
      write: (fd, bytes) => nodeDisk.write(fd, bytes.subarray(0, 3)),
    });
    expect(fs.readFileSync(file, "utf8")).toBe("in several pieces");
  });
  it("does not hide a bug behind a diagnostic", () => {
    const bug = () => {
      replaceFile("x.bin", [], {
        ...nodeDisk,
        open: () => {
          throw new TypeError("a bug");
        },
      });
    };
    expect(() => attempt(NOWHERE, bug)).toThrow("a bug");
  });
});

describe("the codes", () => {
  it("are of this package and occur once", () => {
    const codes = dataDiagnostics.map((record) => record.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^SQ05\d\d$/);
  });
});
