export { choicesOf, numbersFrom } from "./generate/choices.js";
export type { Choices } from "./generate/choices.js";
export { coverageOf, generate, inputArrays } from "./generate/generate.js";
export type { Generated, InputArray, Vocabulary } from "./generate/generate.js";
export type { Input } from "./generate/draft.js";
export { agree, near } from "./agree.js";
