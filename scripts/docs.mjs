// Writes what docs/ takes from the compiler: the error catalogue, the tables of the language reference, and the picture of the README.
// `--check` writes nothing and fails when a file is not what the records say.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.dirname(import.meta.dirname);
const check = process.argv.includes("--check");

/** The sources are TypeScript: they are bundled to be read. */
async function records() {
  const { build } = await import("rolldown");
  const { output } = await build({
    input: path.join(import.meta.dirname, "docs-records.mjs"),
    platform: "node",
    write: false,
    logLevel: "silent",
    resolve: { conditionNames: ["@sequent/source", "node", "import", "default"] },
    output: { format: "esm", codeSplitting: false },
  });
  const folder = path.join(root, "node_modules", ".cache", "sequent");
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `docs-records.${process.pid}.mjs`);
  try {
    fs.writeFileSync(file, output[0].code);
    return await import(pathToFileURL(file).href);
  } finally {
    fs.rmSync(file, { force: true });
  }
}

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (text) => `\`${cell(text)}\``;
const table = (head, rows) => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
const value = (given) =>
  Array.isArray(given) ? `[${given.map(value).join(", ")}]`
  : typeof given === "object" && given !== null ? `${given.name}(${Object.values(given.attrs ?? {}).map(value).join(", ")})`
  : String(given);
const attributes = (record) =>
  record.attributes.list
    .map((a) => `${code(a.default === undefined ? a.name : a.default === null ? `${a.name}` : `${a.name}=${value(a.default)}`)} ${cell(a.doc)}`)
    .join("; ");

const withDots = (op) => (op.variadic ? [...op.inputs, "…"] : op.inputs).join(", ");
const written = (op) => {
  if (op.notation.tag === "call") return `${op.notation.name}(${withDots(op)})`;
  if (op.notation.tag === "prefix") return `${op.notation.symbol}${op.inputs[0]}`;
  return op.inputs.join(` ${op.notation.symbol} `);
};

/** The sections of docs/language.md between `<!-- name -->` and `<!-- /name -->`. */
const sections = (all) => ({
  ops: table(["written", "is", "attributes"],
    all.ops.filter((op) => op.notation.tag !== "internal").map((op) => [code(written(op)), cell(op.doc), attributes(op)])),
  transforms: table(["transform", "gives", "attributes"],
    all.transforms.map((one) => [[one.name, ...one.aliases].map(code).join(", "), cell(one.doc), attributes(one)])),
  losses: table(["loss", "per instance", "attributes"], all.losses.map((one) => [code(one.name), cell(one.doc), attributes(one)])),
  initialisers: table(["initialiser", "draws", "attributes"],
    all.INITIALISERS.map((one) => [code(one.name), cell(one.doc), attributes(one)])),
  directives: table(["directive", "says", "arguments"],
    all.directives.map((one) => [code(`@${one.name}`), `${cell(one.doc)}${one.later === null ? "" : ` *Not yet: comes with ${one.later}.*`}`, attributes(one)])),
});

/** Not binary, and not so long that it is there for its length. */
const isReadable = (text) => text.trim() !== "" && text.length < 600 && !/[^\P{Cc}\n]|\ufffd/u.test(text);

const AREAS = [
  ["01", "syntax"], ["02", "names and functions"], ["03", "types, shapes and inputs"], ["04", "training statements and transforms"],
  ["05", "data files"], ["06", "training runs"], ["07", "PyTorch"], ["08", "the compiler and the command"], ["09", "not yet"],
];
const areaOf = (one) => one.code.slice(2, 4);

function catalogue(all) {
  const diagnostics = [...all.catalogue, ...all.cliDiagnostics].sort((a, b) => (a.code < b.code ? -1 : 1));
  const areas = [...new Set(diagnostics.map(areaOf))];
  const title = (area) => AREAS.find(([digits]) => digits === area)?.[1] ?? `SQ${area}`;
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const count = (severity) => diagnostics.filter((one) => one.severity === severity).length;
  const entry = (one) => [
    `### ${one.code}: ${one.title}`,
    `*${capital(one.severity)}.* ${one.fix.tag === "offered" ? "A fix is offered." : `No fix: ${one.fix.why}.`}`,
    one.explain.trim(),
    ...one.examples.slice(0, 1).filter(isReadable).map((text) => `${fence(text)}text\n${text.trimEnd()}\n${fence(text)}`),
  ].join("\n\n");
  const fence = (text) => (text.includes("```") ? "````" : "```");
  return [
    "<!-- Generated from the diagnostics' records by `node scripts/docs.mjs`. -->",
    "# Errors, lints and notes",
    `Every diagnostic has a code that stays. An *error* stops the compiler; a *lint* is a likely mistake in a program that compiles; a *note* says what was decided. \`sequent explain CODE\` prints an entry of this page, \`sequent fix\` applies the fixes that keep the meaning or that an error demands, and \`--unsafe\` the others. The example below an entry raises it. There are ${count("error")} errors, ${count("lint")} lints and ${count("note")} notes.`,
    areas.map((area) => {
      const own = diagnostics.filter((one) => areaOf(one) === area);
      return `* SQ${area}xx, ${title(area)}: ${own.map((one) => `[${one.code}](#${anchor(one)})`).join(" ")}`;
    }).join("\n"),
    ...areas.map((area) => [`## ${capital(title(area))}`, ...diagnostics.filter((one) => areaOf(one) === area).map(entry)].join("\n\n")),
  ].join("\n\n") + "\n";
}

/** As GitHub makes them of headings. */
const anchor = (one) => `${one.code}: ${one.title}`.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");

function fill(text, parts) {
  let result = text;
  for (const [name, part] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = result.indexOf(open), to = result.indexOf(close);
    if (from < 0 || to < from) throw new Error(`docs/language.md has no place for the table of ${name}`);
    result = `${result.slice(0, from + open.length)}\n\n${part}\n\n${result.slice(to)}`;
  }
  return result;
}

/** A program beside the model that is emitted for it, as a picture. */
function picture(all, file) {
  const source = fs.readFileSync(path.join(root, file), "utf8");
  const orThrow = (result) => {
    if (result._tag === "Right") return result.right;
    throw new Error(result.left.map((one) => one.message).join("; "));
  };
  const compiled = orThrow(all.compile(source, path.join(root, file)));
  const name = path.basename(path.dirname(file));
  const { files } = orThrow(all.emitPytorch(compiled, { name, folder: path.join(root, "build", name), random: "philox" }));
  const panels = [
    { title: file, lines: source.trimEnd().split("\n"), keywords: /(@\w+)/ },
    { title: "model.py", lines: files.get("model.py").trimEnd().split("\n"), keywords: /\b(from|import|class|def|return|super|for|in|None)\b/ },
  ];
  const [letter, line, pad, gap] = [6.65, 15, 14, 56];
  const widths = panels.map(({ lines }) => Math.ceil(Math.max(...lines.map((text) => text.length)) * letter) + 2 * pad);
  const height = Math.max(...panels.map(({ lines }) => lines.length)) * line + 2 * pad + 24;
  const lefts = [1, 1 + widths[0] + gap];
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const coloured = (text, keywords) => {
    const [, code, comment] = /^([^#]*)(#.*)?$/.exec(text) ?? [text, text, ""];
    const words = code.split(keywords).map((part, i) => (i % 2 === 1 ? `<tspan class="k">${escape(part)}</tspan>` : escape(part))).join("");
    return words + (comment ? `<tspan class="c">${escape(comment)}</tspan>` : "");
  };
  const panel = ({ title, lines, keywords }, i) => {
    const rows = lines.map((text, k) => text && `<text x="${lefts[i] + pad}" y="${24 + pad + (k + 0.75) * line}">${coloured(text, keywords)}</text>`);
    const tall = lines.length * line + 2 * pad;
    return `<text class="t" x="${lefts[i] + 2}" y="16">${escape(title)}</text>
<rect x="${lefts[i]}" y="24" width="${widths[i]}" height="${tall - 2}" rx="6"/>
${rows.filter(Boolean).join("\n")}`;
  };
  const middle = lefts[1] - gap / 2, y = 24 + (panels[0].lines.length * line) / 2 + pad;
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${lefts[1] + widths[1] + 1}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="11" fill="#1f2328">
<!-- Generated by \`node scripts/docs.mjs\`. -->
<style>text { white-space: pre } rect { fill: #f6f8fa; stroke: #d1d9e0 } .t { fill: #808890 } .c { fill: #6e7781 } .k { fill: #cf222e } path { stroke: #808890; stroke-width: 2; fill: none }</style>
${panels.map(panel).join("\n")}
<path d="M ${middle - 16} ${y} h 30 m -9 -7 l 9 7 l -9 7"/>
</svg>
`;
}

const all = await records();
const language = path.join(root, "docs", "language.md");
const wanted = [
  [path.join(root, "docs", "errors.md"), catalogue(all)],
  [path.join(root, "docs", "picture.svg"), picture(all, "examples/two_spirals/main.seq")],
  [language, fill(fs.readFileSync(language, "utf8"), sections(all))],
];
const stale = wanted.filter(([file, text]) => !fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text);
for (const [file, text] of check ? [] : stale) fs.writeFileSync(file, text);
if (stale.length > 0) console.log(`${check ? "disagree with the records" : "written"}: ${stale.map(([file]) => path.relative(root, file)).join(", ")}`);
if (check && stale.length > 0) {
  console.log("run: node scripts/docs.mjs");
  process.exitCode = 1;
}
