export * from "./interpreter.js";
export { initialState } from "./state.js";
