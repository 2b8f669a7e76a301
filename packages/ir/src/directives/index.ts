export * from "./directives.js";
