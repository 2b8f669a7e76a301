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
const file = process.argv[2]!; {
  const text = fs.readFileSync(file,"utf8");
  console.log("=====", file);
  const parsed = parse(text, file);
  if (parsed.diagnostics.length) console.log("PARSE", JSON.stringify(parsed.diagnostics,null,1));
  const el = elaborate(parsed.program, text)(env);
  if (E.isLeft(el)) { console.log("ELAB", JSON.stringify(el.left,null,1)); process.exit(1); }
  const ty = infer().run(el.right)(env);
  if (E.isLeft(ty)) { console.log("INFER", JSON.stringify(ty.left,null,1)); process.exit(1); }
  const cl = chooseLosses.run(ty.right)(env);
  if (E.isLeft(cl)) { console.log("LOSS", JSON.stringify(cl.left,null,1)); process.exit(1); }
  const full = expand(cl.right, env, (op)=>op.forward.tag==="primitive"); const df = differentiate.run(full)(env); if (E.isLeft(df)) { console.log("DIFF", JSON.stringify(df.left,null,1)); process.exit(1);}
  await trainIt(df.right);
  for (const n of notes) console.log(n.code, n.message); notes.length=0;
}

import { differentiate } from "../transform-autodiff/src/differentiate.js";
import { interpreterTarget } from "./src/target.js";
import { readData, bind, splitSamples, gather, wholeBatch } from "@sequent/data";
import { signature } from "@sequent/infer";
async function trainIt(p: any) {
  const sig = signature(p) as any;
  console.log(JSON.stringify(sig), p.nodes.length, "nodes", p.updates.length);
  const d = readData("examples/data/two_spirals.npz", {file:"",from:0,to:0}); if (E.isLeft(d)) throw d.left;
  const b = bind(d.right, sig, {file:"",from:0,to:0}, {precision:"f32"}); if (E.isLeft(b)) { console.log(b.left); throw 1; }
  const target = interpreterTarget(p, env, {seed:0, precision:"f32"});
  let t0=performance.now();
  for (let e=0,u=0;e<60;e++) for (let k=0;k+128<=1000;k+=128,u++) { const s = Int32Array.from({length:128},(_,i)=>(i*7+k+e)%1000); const r = target.step(gather(b.right, s), u); if (u%50==0) console.log(u, r.losses, target.evaluate(wholeBatch(b.right)).metrics); }
  console.log(performance.now()-t0,"ms");
}
