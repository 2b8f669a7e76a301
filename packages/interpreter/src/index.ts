export * from "./batch.js";
export * from "./interpreter.js";
export type { Entry } from "./carried.js";
export { startOf } from "./groups.js";
export { initialState } from "./state.js";
