export * from "./philox.js";
export * from "./permutation.js";
