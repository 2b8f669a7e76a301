export * from "./interpreter.js";
export { initialState } from "./state.js";
export { demandOrder } from "./demand.js";
