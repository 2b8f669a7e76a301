import * as E from "fp-ts/lib/Either.js";
import { diagnose } from "@sequent/ir";
import type { DiagnosticRecord, Diagnostics, Fix, Span } from "@sequent/ir";

/**
 * A user's mistake on its way from deep inside a reader to the seam, where `attempt` makes it a Left. Public functions
 * return Left instead.
 */
export class Fault extends Error {
  readonly record: DiagnosticRecord;
  readonly fixes: readonly Fix[];
  constructor(record: DiagnosticRecord, message: string, fixes: readonly Fix[] = []) {
    super(message);
    this.record = record;
    this.fixes = fixes;
  }
}

/** The diagnostics of a caught Fault at a place; whatever else was thrown is thrown on. */
export const diagnosticsOf = (error: unknown, at: Span): Diagnostics => {
  if (!(error instanceof Fault)) throw error;
  const { record, message, fixes } = error;
  return [diagnose(record, message, [{ at, text: record.title }], { help: record.explain, fixes })];
};

/** Runs `body`; a Fault in it becomes a diagnostic at `at` (the directive that names the file). Other errors pass. */
export const attempt = <A>(at: Span, body: () => A): E.Either<Diagnostics, A> => {
  try {
    return E.right(body());
  } catch (error) {
    return E.left(diagnosticsOf(error, at));
  }
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  EIO: "the device reports an error",
  EBUSY: "it is in use",
  EEXIST: "a file of that name is in the way",
  ERR_INVALID_ARG_VALUE: "the path holds a zero byte",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};

/** In words why the operating system refused; null if the error is none of the operating system's (a bug). */
export const systemReason = (error: unknown): string | null => {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  return REASONS[error.code] ?? (/^E[A-Z0-9]+$/.test(error.code) ? `the system says ${error.code}` : null);
};

/** Runs a system call; its refusal becomes a Fault of `record`, `what` being for example `can't read "x.npz"`. */
export const refusedAs = <A>(record: DiagnosticRecord, what: string, body: () => A): A => {
  try {
    return body();
  } catch (error) {
    const reason = systemReason(error);
    if (reason === null) throw error;
    throw new Fault(record, `${what}: ${reason}`);
  }
};
