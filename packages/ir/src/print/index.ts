export { print } from "./print.js";
export { FORMS, isGenerated, isWord, LITERAL, TABLES, vocabularyOf } from "./words.js";
export type { Vocabulary } from "./words.js";
