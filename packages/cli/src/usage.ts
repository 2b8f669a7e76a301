/** A command line that can't be understood, as a diagnostic that points into it. */
import { diagnose, nearest } from "@sequent/compiler";
import type { DiagnosticRecord, Span } from "@sequent/compiler";
import type { Command, CommanderError } from "commander";
import { badOption, excessArgument, missingArgument, unknownCommand, unknownOption, unknownTarget } from "./diagnostics.js";
import { EXIT, Stop } from "./terminal.js";

/** The words of a command line as one text, and where each stands in it. */
interface Line {
  readonly text: string;
  readonly words: readonly { readonly word: string; readonly at: Span }[];
}

const FILE = "command line";

const lineOf = (words: readonly string[]): Line => {
  let text = "sequent";
  const placed = words.map((word) => {
    const written = /^[^\s"'\\]+$/.test(word) ? word : JSON.stringify(word);
    const from = text.length + 1;
    text += ` ${written}`;
    return { word, at: { file: FILE, from, to: text.length } };
  });
  return { text, words: placed };
};

/** What is wrong, before it is given its place. */
interface Complaint {
  readonly record: DiagnosticRecord;
  readonly message: string;
  readonly label: string;
  /** The word at fault; null: what is missing at the end. */
  readonly word: string | null;
  readonly help?: string;
}

const didYouMean = (word: string, known: readonly string[], otherwise: string): string => {
  const near = nearest(word, known);
  return near === null ? otherwise : `Did you mean \`${near}\`?`;
};

/** The command that a line names; the program itself if it names none. */
const commandOf = (program: Command, words: readonly string[]): Command =>
  program.commands.find((one) => one.name() === words.find((word) => !word.startsWith("-"))) ?? program;

const namesOf = (program: Command): readonly string[] => program.commands.map((one) => one.name());
const flagsOf = (command: Command): readonly string[] => command.createHelp().visibleOptions(command).flatMap((one) => [one.long, one.short]).filter((flag) => typeof flag === "string");

/** What commander has found, by its code; its messages hold the words in quotes. */
const complaintOf = (error: CommanderError, program: Command, words: readonly string[]): Complaint => {
  const command = commandOf(program, words);
  const [, quoted = ""] = /'([^]*?)'/.exec(error.message) ?? [];
  const helpOf = `\`sequent ${command === program ? "" : `${command.name()} `}--help\` lists what there is.`;
  switch (error.code) {
    case "commander.unknownCommand":
      return {
        record: unknownCommand, message: `there is no command ${JSON.stringify(quoted)}`, label: "unknown", word: quoted,
        help: didYouMean(quoted, namesOf(program), `There is ${namesOf(program).join(", ")}.`),
      };
    case "commander.unknownOption":
      return {
        record: unknownOption, message: `${command === program ? "`sequent`" : `\`${command.name()}\``} has no option ${JSON.stringify(quoted)}`, label: "unknown", word: quoted,
        help: didYouMean(quoted.split("=")[0] ?? quoted, flagsOf(command), helpOf),
      };
    case "commander.missingArgument":
      return { record: missingArgument, message: `\`${command.name()}\` wants <${quoted}>`, label: `<${quoted}> is missing`, word: null, help: helpOf };
    case "commander.missingMandatoryOptionValue":
      return { record: missingArgument, message: `\`${command.name()}\` wants \`${quoted}\``, label: `\`${quoted}\` is missing`, word: null, help: helpOf };
    case "commander.optionMissingArgument":
      return { record: missingArgument, message: `\`${quoted}\` has no value`, label: "a value is missing", word: null, help: helpOf };
    case "commander.excessArguments": {
      const given = command.args.slice(command.registeredArguments.length);
      return { record: excessArgument, message: `\`${command.name()}\` takes fewer arguments`, label: "too many", word: given[0] ?? "", help: helpOf };
    }
    case "commander.invalidArgument": {
      const [, flags = "", value = "", why = ""] = /option '([^']*)' argument '([^]*)' is invalid\. ([^]*)$/.exec(error.message) ?? [];
      return { record: /--target\b/.test(flags) ? unknownTarget : badOption, message: `\`${flags}\` does not take ${JSON.stringify(value)}`, label: "given here", word: value, help: why };
    }
    default:
      return { record: badOption, message: error.message.replace(/^error: /, ""), label: "in this command", word: "", help: helpOf };
  }
};

/** Where a word stands, also as the value of `--key=word`; the last of several. The end of the line for null. */
const placeOf = (line: Line, word: string | null): Span => {
  const end = { file: FILE, from: line.text.length, to: line.text.length };
  if (word === null) return end;
  const found = line.words.findLast((one) => one.word === word) ?? line.words.findLast((one) => word !== "" && one.word.includes(word));
  return found?.at ?? { ...end, from: 0 };
};

/** The end of a command because of its command line: SQ0805, SQ0808, SQ0811 to SQ0814, with the exit code of wrong usage. */
export const usageStop = (error: CommanderError, program: Command, words: readonly string[]): Stop => {
  const { record, message, label, word, help } = complaintOf(error, program, words);
  const line = lineOf(words);
  return new Stop(EXIT.usage, [diagnose(record, message, [{ at: placeOf(line, word), text: label }], { help: help ?? record.explain })], new Map([[FILE, line.text]]));
};
