export { findPython } from "./python.js";
export * from "./run-jobs.js";
export * from "./run-script.js";
