export * as syntax from "./syntax/tree.js";
