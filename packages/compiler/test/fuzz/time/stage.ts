import fs from "node:fs";
import { print } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { environment } from "../../../src/registry.js";
import { compileFully } from "../../../src/compile.js";
import { trainedFrom } from "./subject.js";
const env = environment();
const text = fs.readFileSync(process.argv[2] ?? "", "utf8");
const { result, notes } = compileFully(text, "p.seq", { env });
for (const n of notes) console.log(n.code, n.message);
if (E.isLeft(result)) { for (const d of result.left) console.log(d.code, d.message, d.help); }
else { console.log(print(result.right.program, env)); const t = trainedFrom(result.right.program, env); if (E.isRight(t) && process.argv[3] !== undefined) { console.log(print(t.right, env)); t.right.nodes.forEach((n, k) => { console.log(k, JSON.stringify(n), JSON.stringify(t.right.domains?.[k]?.time)); }); } }
