export * from "./run-jobs.js";
export * from "./run-script.js";
export * from "./tools.js";
export * from "./warm-python.js";
export { findPython, runPython } from "./python.js";
