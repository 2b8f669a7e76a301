export * from "./lines.js";
export * from "./render.js";
