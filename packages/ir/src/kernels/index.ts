/** Numeric routines of the reference implementations, one namespace a subject. */
export * as convolution from "./convolution.js";
export * as elementwise from "./elementwise.js";
export * as indexing from "./indexing.js";
export * as matmul from "./matmul.js";
export * as pooling from "./pooling.js";
export * as reduce from "./reduce.js";
export * as special from "./special.js";
export * as window from "./window.js";
