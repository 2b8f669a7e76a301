export { findPython } from "./python.js";
export * from "./run-jobs.js";
