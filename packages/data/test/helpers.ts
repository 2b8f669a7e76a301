import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { NOWHERE } from "@sequent/ir";
import type { Diagnostics } from "@sequent/ir";
import { attempt } from "../src/index.js";

export const fixture = (name: string): string => path.join(import.meta.dirname, "fixtures", name);
export const fixtureBytes = (name: string): Uint8Array => fs.readFileSync(fixture(name));
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const temporaryFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "sequent-"));

export const joinChunks = (chunks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks));

/**
 * "SQ0504 message" of what a reader refuses; "accepted" otherwise. Anything but a coded refusal fails the test by
 * throwing.
 */
export const refusal = (body: () => unknown): string => describeLeft(attempt(NOWHERE, body));

export const describeLeft = (result: E.Either<Diagnostics, unknown>): string =>
  E.isRight(result) ? "accepted" : result.left.map((d) => `${d.code} ${d.message}`).join("\n");

export const right = <A>(result: E.Either<Diagnostics, A>): A => {
  if (E.isLeft(result)) throw new Error(describeLeft(result));
  return result.right;
};
