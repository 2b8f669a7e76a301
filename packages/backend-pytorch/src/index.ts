import { emitDiagnostics } from "./diagnostics.js";
import { runDiagnostics } from "./train/diagnostics.js";

export { emit, lowered, pytorch } from "./emit.js";
export type { Emitted, Least, PytorchOptions } from "./emit.js";
export { hasOneCopy } from "./model/isolate.js";
export { loweredExplicitly } from "./explicit/lowerings.js";
export { identifier } from "./model/identifier.js";
export type { EmittedModel } from "./model/model.js";
export { laterStarts } from "./diagnostics.js";
export { LOWERINGS } from "./lowerings/index.js";
export type { Lowering, Use } from "./lowerings/lowering.js";
export { lower } from "./lowerings/support.js";
export type { TransformLowering } from "./lowerings/transform.js";
export { stepsOfRanges } from "./time/limits.js";
export type { PartsRequest } from "./time/window.js";
export type { ScriptSettings } from "./train/script/facts.js";
export * from "./harness/index.js";
export const pytorchDiagnostics = [...emitDiagnostics, ...runDiagnostics];
