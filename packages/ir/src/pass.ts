import type { ReaderEither } from "fp-ts/lib/ReaderEither.js";
import type { Diagnostic, Diagnostics } from "./diagnostic.js";
import type { DirectiveRecord } from "./directive.js";
import type { Initialiser } from "./random/index.js";
import type { Loss } from "./loss.js";
import type { AnyOp } from "./op.js";
import type { OpName, Program } from "./program.js";
import type { Transform } from "./transform.js";

/** A property of a program that can be checked: `typed`, `differentiated`, `legal:pytorch`, … */
export interface Fact {
  readonly name: string;
  readonly doc: string;
  readonly verify: (program: Program, env: Env) => readonly Diagnostic[];
}

/** All registries, as values. `note` collects what is no error. */
export interface Env {
  readonly ops: ReadonlyMap<OpName, AnyOp>;
  /** By name and alias. */
  readonly transforms: ReadonlyMap<string, Transform>;
  readonly losses: ReadonlyMap<string, Loss>;
  readonly initialisers: ReadonlyMap<string, Initialiser>;
  readonly directives: ReadonlyMap<string, DirectiveRecord>;
  readonly facts: ReadonlyMap<string, Fact>;
  readonly note: (diagnostic: Diagnostic) => void;
}

export interface Pass {
  readonly name: string;
  readonly doc: string;
  /** Facts that it needs, makes true, and destroys. */
  readonly requires: readonly string[];
  readonly provides: readonly string[];
  readonly breaks: readonly string[];
  readonly run: (program: Program) => ReaderEither<Env, Diagnostics, Program>;
}

/** A list of passes, checked when composed: each finds the facts it requires. */
export interface Pipeline {
  readonly name: string;
  readonly passes: readonly Pass[];
  readonly gives: readonly string[];
}

/** Emitted files by path. */
export type Files = ReadonlyMap<string, string>;

/** Emits text from a program; `lowers` are the ops it has a lowering for, others are expanded first. */
export interface Backend<Options> {
  readonly name: string;
  readonly doc: string;
  readonly lowers: ReadonlySet<OpName>;
  readonly requires: readonly string[];
  readonly emit: (program: Program, options: Options) => ReaderEither<Env, Diagnostics, Files>;
}
