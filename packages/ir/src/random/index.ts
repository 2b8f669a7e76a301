export * from "./philox.js";
export * from "./permutation.js";
export * from "./draw.js";
export * from "./init.js";
