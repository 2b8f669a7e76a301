import * as fs from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { ops, losses, directives, INITIALISERS, type Env, type Diagnostic } from "@sequent/ir";
import { parse, elaborate } from "@sequent/parser";
import { infer } from "@sequent/infer";
import { chooseLosses, transforms, expand } from "@sequent/transform-autodiff";
import { emit, lowered } from "@sequent/backend-pytorch";
const notes: Diagnostic[] = [];
const env: Env = { ops: new Map(ops.map(o=>[o.name,o])), transforms: new Map(transforms.flatMap(t=>[t.name,...t.aliases].map(n=>[n,t] as const))), losses: new Map(losses.map(l=>[l.name,l])), initialisers: new Map(INITIALISERS.map(i=>[i.name,i])), directives: new Map(directives.map(d=>[d.name,d])), facts: new Map(), note: d=>{notes.push(d)} };
for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file,"utf8");
  const name = file.split("/").at(-2)!;
  const parsed = parse(text, file);
  const el = elaborate(parsed.program, text)(env);
  if (E.isLeft(el)) { console.log("ELAB", JSON.stringify(el.left,null,1)); continue; }
  const ty = infer().run(el.right)(env);
  if (E.isLeft(ty)) { console.log("INFER", JSON.stringify(ty.left,null,1)); continue; }
  const cl = chooseLosses.run(ty.right)(env);
  if (E.isLeft(cl)) { console.log("LOSS", JSON.stringify(cl.left,null,1)); continue; }
  const ex = expand(cl.right, env, lowered());
  const out = emit(ex, {name, source: text, settings: {data: "x.npz", test: 0.2, splitSeed: null, batch: null, length: {unit:"epochs",count:3}, seed: 0, program: "h"}})(env);
  if (E.isLeft(out)) { console.log(JSON.stringify(out.left)); continue; }
  fs.mkdirSync("/tmp/spike/out/"+name,{recursive:true});
  for (const [f,t] of out.right.files) fs.writeFileSync("/tmp/spike/out/"+name+"/"+f, t);
  notes.length=0;
}
