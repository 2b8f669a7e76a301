/** What a project of its own adds to Sequent, through the public API of @sequent/compiler alone. */
export { mish, squareplus } from "./ops.js";
export { lion } from "./transform.js";
export { dropIdentities } from "./pass.js";
export { pytorch } from "./pytorch.js";
export { javascript, unlowered } from "./backend.js";
