export { infer } from "./infer.js";
export type { InferOptions } from "./infer.js";
export { inferDiagnostics } from "./diagnostics.js";
export { lengthsOf, printSignature, signature } from "./signature.js";
export type { Input } from "./signature.js";
export type { ArrayType, DataTypes } from "./unknowns.js";
