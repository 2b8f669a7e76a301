/** What a user of Sequent as a library needs: pipelines, records of one's own, backends, training and evaluation. */
export { environment } from "./registry.js";
export type { Extensions } from "./registry.js";
export { checking, expandAll, passes, training } from "./pipelines.js";
export type { PipelineOptions } from "./pipelines.js";
export { compile, compileFully, overTime, toTrainable } from "./compile.js";
export type { Compilation, Compiled, CompileOptions } from "./compile.js";
export { settingFile } from "./override.js";
export type { Setting } from "./override.js";
export { settingsOf } from "./settings.js";
export type { DataSetting, Settings } from "./settings.js";
export { courseOf, trainingOf } from "./training.js";
export type { Course, Training } from "./training.js";
export { batchOf, interpreterTarget } from "./target.js";
export type { InterpreterTarget } from "./target.js";
export { evaluate, showable, shownByDefault } from "./evaluate.js";
export type { Places, Request } from "./evaluate.js";
export { catalogue } from "./catalogue.js";
export { compilerDiagnostics } from "./diagnostics.js";

export * from "@sequent/ir";
export { Fault, attempt, diagnosticsOf, encodeTensor, readBytes, refusedAs, replaceFile, systemReason } from "@sequent/data";
export { applyFixes, elaborate, format, parse } from "@sequent/parser";
export { printSignature } from "@sequent/infer";
export { drawCurve, interruptOnSignals, jsonReporter, silentReporter, terminalReporter, train } from "@sequent/trainer";
export type { Reporter, TrainResult } from "@sequent/trainer";
export { defineOptimizer, defineTransform } from "@sequent/transform-autodiff";
