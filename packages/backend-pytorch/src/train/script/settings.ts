/** What stands at the head of a training script: what it is of, and its arguments. */
import path from "node:path";
import { printHorizon } from "@sequent/ir";
import { literal, quoted, tuple } from "../../model/code.js";
import type { Facts, ScriptSettings } from "./facts.js";
import { DAMAGED } from "./reading.js";
import { python } from "./template.js";
import type { Piece } from "./template.js";

const value = (one: number | string | null): string => (one === null ? "None" : typeof one === "number" ? literal(one).text : quoted(one));

/** A file as the program names it: from the script's own folder, wherever that is run from. */
const besideScript = (file: string): string => (path.isAbsolute(file) ? `Path(${quoted(file)})` : `Path(__file__).parent / ${quoted(file)}`);
const testOf = (test: ScriptSettings["test"]): string =>
  typeof test === "string" ? `TEST = ${besideScript(test)}` : `TEST = ${value(test)}`;

const inputTable = ({ inputs, sequences }: Facts): Piece => [
  "# Inputs: the shape of one sample, and the number of classes (0: any integer, None: numbers).",
  "INPUTS: dict[str, tuple[tuple[int, ...], int | None]] = {",
  inputs.map((input) => `    ${quoted(input.name)}: (${tuple(input.shape)}, ${value(input.classes)}),`),
  "}",
  sequences.length > 0 && ["# Inputs that have these for each step of a sequence.", `SEQUENCES = {${sequences.map((input) => quoted(input.name)).join(", ")}}`],
];

const textConstants = ({ vocabulary, length }: NonNullable<ScriptSettings["text"]>): Piece => [
  "# The characters of the text in the order of their numbers, and how many a sequence has.",
  `VOCABULARY = ${quoted(vocabulary)}`,
  length !== null && `LENGTH = ${length}`,
];

const namesTable = (renamed: ReadonlyMap<string, string>): Piece => [
  "# The names of lagged copies in checkpoints.",
  "NAMES = {", [...renamed].map(([ours, theirs]) => `    ${quoted(theirs)}: ${quoted(ours)},`), "}",
];

const windowConstants = ({ back, ahead, burnIn }: NonNullable<Facts["windows"]>["horizon"]): Piece => [
  "# Steps of a window at which statements count.", `BACK = ${back}`,
  ahead > 0 && ["# Steps that are computed beyond them.", `AHEAD = ${ahead}`],
  burnIn > 0 && ["# Steps before them that are computed again, without gradient.", `BURN_IN = ${burnIn}`],
];

const horizonName = ({ sequences, windows }: Facts): Piece => sequences.length > 0 && [
  "# The windows of a run, as its checkpoints have them.", `HORIZON = ${quoted(windows === null ? "none" : printHorizon(windows.horizon))}`,
];

export const constants = (facts: Facts): string => {
  const { model: { statements, renamed }, settings, windows, hasData, equations } = facts;
  return python`
${hasData && inputTable(facts)}
${settings.text !== null && textConstants(settings.text)}
# Training statements, and the sign that each is minimised with.
STATEMENTS = {
    ${statements.map(({ label, sign }) => `${quoted(label)}: ${sign},`)}
}
${hasData && testOf(settings.test)}
${renamed.size > 0 && namesTable(renamed)}
${windows !== null && windowConstants(windows.horizon)}
${hasData && DAMAGED}
${horizonName(facts)}
FORMAT = "sequent-checkpoint-1"
PROGRAM = ${quoted(settings.program)}

${equations ? "Slots = dict[str, Tensor]" : "Optimizers = list[torch.optim.Optimizer]"}
`;
};

const hasNothingToCompile = ({ compiled }: Facts["model"]): boolean => compiled !== null && compiled.methods.length + compiled.modules.length === 0;

const numberFrom = (name: string, least: number): string => python`
def ${name}(text: str) -> int:
    number = int(text)
    if number < ${String(least)}:
        raise argparse.ArgumentTypeError(f"{text} is less than ${String(least)}")
    return number
`;
const NUMBERS = [...numberFrom("positive", 1).split("\n"), "", "", ...numberFrom("natural", 0).split("\n"), "", ""];

export const parseArguments = ({ name, model, hasData, settings: { data, length, batch, seed } }: Facts): string => {
  const other = length.unit === "epochs" ? "steps" : "epochs";
  return python`
${NUMBERS}
def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    ${hasData && `parser.add_argument("--data", type=Path, ${data === null ? "required=True" : `default=${besideScript(data)}`})`}
    parser.add_argument("--${length.unit}", type=positive, default=${value(length.count)})
    ${(hasData || other === "steps") && `parser.add_argument("--${other}", type=positive, help="instead of --${length.unit}")`}
    parser.add_argument("--batch", type=positive, default=${value(batch ?? (hasData ? null : 64))})
    parser.add_argument("--seed", type=natural, default=${value(seed)})
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--compile", action="store_true", help="${hasNothingToCompile(model) ? "no effect: no loop here has a step to compile" : "with torch.compile"}")
    parser.add_argument("--out", type=Path, default=${quoted(`runs/${name}`)})
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    return parser.parse_args()
`;
};
