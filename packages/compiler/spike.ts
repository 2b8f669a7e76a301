import * as fs from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { ops, losses, directives, INITIALISERS, type Env, type Diagnostic } from "@sequent/ir";
import { parse, elaborate } from "@sequent/parser";
import { infer } from "@sequent/infer";
import { chooseLosses } from "../transform-autodiff/src/choose-losses.js";
import { transforms } from "../transform-autodiff/src/transforms/index.js";
import { expand } from "../transform-autodiff/src/expand.js";
import { emitModel } from "../backend-pytorch/src/model/model.js";
import { LOWERINGS, tableOf } from "../backend-pytorch/src/lowerings/index.js";
const notes: Diagnostic[] = [];
const env: Env = { ops: new Map(ops.map(o=>[o.name,o])), transforms: new Map(transforms.flatMap(t=>[t.name,...t.aliases].map(n=>[n,t] as const))), losses: new Map(losses.map(l=>[l.name,l])), initialisers: new Map(INITIALISERS.map(i=>[i.name,i])), directives: new Map(directives.map(d=>[d.name,d])), facts: new Map(), note: d=>{notes.push(d)} };
for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file,"utf8");
  console.log("=====", file);
  const parsed = parse(text, file);
  if (parsed.diagnostics.length) console.log("PARSE", JSON.stringify(parsed.diagnostics,null,1));
  const el = elaborate(parsed.program, text)(env);
  if (E.isLeft(el)) { console.log("ELAB", JSON.stringify(el.left,null,1)); continue; }
  const ty = infer().run(el.right)(env);
  if (E.isLeft(ty)) { console.log("INFER", JSON.stringify(ty.left,null,1)); continue; }
  const cl = chooseLosses.run(ty.right)(env);
  if (E.isLeft(cl)) { console.log("LOSS", JSON.stringify(cl.left,null,1)); continue; }
  const table = tableOf(LOWERINGS);
  const ex = expand(cl.right, env, (op)=>table.has(op.name));
  try { console.log(emitModel(ex, env, {name: file, source: text, random: "philox", show: []}, table, new Map()).text); } catch (e) { console.log(e); }
  for (const n of notes) console.log(n.code, n.message); notes.length=0;
}

