import fs from "node:fs";
import path from "node:path";
import type { DiagnosticRecord } from "@sequent/ir";
import { unreadableFile, unwritableFile } from "./diagnostics.js";
import { Fault, refusedAs } from "./fault.js";
import { quote } from "./array.js";

const MAX_FILE = 2 ** 31 - 1;

/** A whole regular file of at most 2 GiB; SQ0501 otherwise. */
export const readBytes = (file: string): Uint8Array =>
  refusedAs(unreadableFile, `can't read ${quote(file)}`, () => {
    const stat = fs.statSync(file);
    const refuse = (why: string): never => {
      throw new Fault(unreadableFile, `can't read ${quote(file)}: ${why}`);
    };
    if (stat.isDirectory()) refuse("it is a folder");
    if (!stat.isFile()) refuse("it is no regular file");
    if (stat.size > MAX_FILE) refuse("it is larger than 2 GiB");
    return fs.readFileSync(file);
  });

/** The calls that writing needs; tests put a full disk in their place. */
export interface Disk {
  readonly open: (file: string) => number;
  readonly write: (fd: number, bytes: Uint8Array) => number;
  readonly sync: (fd: number) => void;
  readonly close: (fd: number) => void;
  readonly rename: (from: string, to: string) => void;
  readonly remove: (file: string) => void;
}

export const nodeDisk: Disk = {
  open: (file) => fs.openSync(file, "w", 0o666),
  write: (fd, bytes) => fs.writeSync(fd, bytes),
  sync: fs.fsyncSync,
  close: fs.closeSync,
  rename: fs.renameSync,
  remove: (file) => {
    fs.rmSync(file, { force: true });
  },
};

const writeAll = (disk: Disk, fd: number, chunks: readonly Uint8Array[]): void => {
  for (const chunk of chunks) {
    for (let done = 0; done < chunk.length;) done += disk.write(fd, chunk.subarray(done, done + 2 ** 30));
  }
};

/** Makes the renaming itself last; not every system lets a folder be opened, and then there is nothing to do. */
const syncFolder = (folder: string): void => {
  try {
    const fd = fs.openSync(folder, "r");
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  } catch {
    // The file is written and renamed; only its order against a power cut is not promised here.
  }
};

/**
 * Replaces `file` as a whole or not at all: the bytes go to a temporary file in the same folder, which is synced and
 * renamed. A full disk, a kill or a power cut leaves the old file as it was. Throws a Fault SQ0540, or of the record
 * that the caller has for it.
 */
export const replaceFile = (
  file: string,
  chunks: readonly Uint8Array[],
  disk: Disk = nodeDisk,
  record: DiagnosticRecord = unwritableFile,
): void => {
  refusedAs(record, `can't write ${quote(file)}`, () => {
    // A link is written through, as by an ordinary write.
    const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${String(process.pid)}.tmp`);
    try {
      const fd = disk.open(temporary);
      try {
        writeAll(disk, fd, chunks);
        disk.sync(fd);
      } finally {
        disk.close(fd);
      }
      disk.rename(temporary, target);
    } catch (error) {
      removeQuietly(disk, temporary);
      throw error;
    }
    syncFolder(path.dirname(target));
  });
};

/** Makes a folder and those above it. Step by step: Node's own `recursive` never ends where a system refuses with ENOENT, as /proc does. */
export const makeFolder = (folder: string): void => {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !fs.existsSync(at) && path.dirname(at) !== at; at = path.dirname(at)) missing.push(at);
  for (const one of missing.reverse()) {
    // Someone else may have made it meanwhile.
    if (!fs.existsSync(one)) fs.mkdirSync(one);
  }
  if (!fs.statSync(folder).isDirectory()) fs.readdirSync(folder);
};

const removeQuietly = (disk: Disk, file: string): void => {
  try {
    disk.remove(file);
  } catch {
    // The first error is the one to tell.
  }
};
