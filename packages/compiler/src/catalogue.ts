/** Every diagnostic of every package, by code: what `sequent explain` and the error catalogue are printed from. */
import { pytorchDiagnostics } from "@sequent/backend-pytorch";
import { dataDiagnostics } from "@sequent/data";
import { inferDiagnostics } from "@sequent/infer";
import { pipelineDiagnostics } from "@sequent/ir";
import type { DiagnosticRecord } from "@sequent/ir";
import { elaborateDiagnostics, readbackDiagnostics, syntaxDiagnostics } from "@sequent/parser";
import { trainerDiagnostics } from "@sequent/trainer";
import { autodiffDiagnostics } from "@sequent/transform-autodiff";
import { timeDiagnostics } from "@sequent/transform-time";
import { compilerDiagnostics } from "./diagnostics.js";

/** The records in the order of their codes. */
export const catalogue: readonly DiagnosticRecord[] = [
  ...syntaxDiagnostics, ...elaborateDiagnostics, ...readbackDiagnostics, ...inferDiagnostics, ...timeDiagnostics, ...pipelineDiagnostics, ...autodiffDiagnostics,
  ...dataDiagnostics, ...trainerDiagnostics, ...pytorchDiagnostics, ...compilerDiagnostics,
].sort((a, b) => (a.code < b.code ? -1 : 1));
