/** Reading the program that a command names. */
import { diagnose, systemReason } from "@sequent/compiler";
import type { DiagnosticRecord } from "@sequent/compiler";
import fs from "node:fs";
import path from "node:path";
import { notUtf8, unreadableProgram } from "./diagnostics.js";
import { EXIT, Stop } from "./terminal.js";

export interface ProgramFile {
  /** As it is named in diagnostics; `-` is standard input. */
  readonly file: string;
  readonly text: string;
}

const refuse = (record: DiagnosticRecord, message: string, file: string): never => {
  throw new Stop(EXIT.diagnostics, [diagnose(record, message, [{ at: { file, from: 0, to: 0 }, text: record.title }], { help: record.explain })]);
};

const isFolder = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/** A folder stands for the `main.seq` in it. */
export const programPath = (given: string): string => (given !== "-" && isFolder(given) ? path.join(given, "main.seq") : given);

const bytesOf = (file: string): Buffer => {
  try {
    return fs.readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === null) throw error;
    return refuse(unreadableProgram, `can't read ${file === "-" ? "standard input" : JSON.stringify(file)}: ${reason}`, file);
  }
};

/** Reads a program. Stops with SQ0801, SQ0802. */
export const readProgramFile = (given: string): ProgramFile => {
  const file = programPath(given);
  const bytes = bytesOf(file);
  try {
    return { file: file === "-" ? "<stdin>" : file, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return refuse(notUtf8, `${JSON.stringify(file)} is no UTF-8 text: ${placeOfBadByte(bytes)}`, file);
  }
};

/** The first byte that is part of no UTF-8 character, found by halving. */
const placeOfBadByte = (bytes: Buffer): string => {
  const good = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (good(middle + 1)) low = middle + 1;
    else high = middle;
  }
  const at = Math.min(low, bytes.length - 1);
  const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
  return `byte ${String(at)} (line ${String(line)}) is 0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`;
};
