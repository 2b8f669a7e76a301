import type { Code, DiagnosticRecord } from "@sequent/ir";

/** A mistake in a file: no program text raises it and no edit of the program mends it. */
const inFile = (code: Code, title: string, explain: string): DiagnosticRecord => ({
  code,
  severity: "error",
  title,
  explain,
  examples: [],
  fix: { tag: "none", why: "The cause lies in a file, which the compiler does not change." },
});

/** A disagreement between a file and the program, where only the user knows which of the two is meant. */
const between = (code: Code, title: string, explain: string): DiagnosticRecord => ({
  ...inFile(code, title, explain),
  fix: { tag: "none", why: "Either the file or the program may be wrong." },
});

export const unreadableFile = inFile(
  "SQ0501",
  "unreadable file",
  "The file does not exist, is a folder, may not be read, or is larger than 2 GiB. " +
    "It arises when the path after `@data` or `--data` names such a file; paths are relative to the program's folder.",
);
export const unknownFileKind = inFile(
  "SQ0502",
  "unknown kind of data file",
  "The kind of a data file follows from its ending: `.npz`, `.npy`, `.csv`, `.safetensors`, `.json` or `.txt`. " +
    "Convert the file, or rename it.",
);
export const damagedArchive = inFile(
  "SQ0503",
  "damaged archive",
  "An `.npz` file is a zip archive of `.npy` arrays. This one is cut off, encrypted, packed by a method other " +
    "than deflate, " +
    "or says sizes or checksums that its contents do not have. Write it again with `numpy.savez`.",
);
export const damagedArray = inFile(
  "SQ0504",
  "damaged array",
  "An `.npy` array starts with a header that says its element type, order and shape. " +
    "Here the header can't be read, or the bytes after it are more or fewer than the shape needs.",
);
export const unsupportedElements = inFile(
  "SQ0505",
  "unsupported element type",
  "Arrays hold booleans, integers of 8 to 64 bits, or floats of 16 to 64 bits. Strings, complex numbers, " +
    "dates, records and Python objects " +
    "have no meaning as data: turn labels into integers 0..n-1 (`numpy.unique(labels, return_inverse=True)`).",
);
export const integerTooLarge = inFile(
  "SQ0506",
  "integer out of range",
  "Integers are computed with 32 bits. A value outside -2147483648..2147483647 is rejected rather than rounded; " +
    "if it is a quantity and not an index, store it as a float (`x.astype(numpy.float64)`).",
);
export const damagedTable = inFile(
  "SQ0507",
  "damaged table",
  "A `.csv` file has a first line that names its columns, and then one line a sample with as many " +
    "comma-separated numbers. " +
    "Here a line has more or fewer fields, a quote is not closed, or the first line holds numbers instead of names.",
);
export const missingValue = inFile(
  "SQ0508",
  "missing value",
  "A field of the table is empty, or says `NA`, `nan` or `null`. Training on a guess would be wrong silently: " +
    "drop the sample or fill the field in.",
);
export const notANumber = inFile(
  "SQ0509",
  "field is no number",
  "All fields below the header are finite decimal numbers such as `3`, `-0.5` or `1e-3`. Turn names into " +
    "integers 0..n-1 first.",
);
export const incompleteColumns = inFile(
  "SQ0510",
  "incomplete group of columns",
  "Columns `X_0, X_1, …` or `X[0], X[1], …` are gathered into one array `X`; the numbers must run from 0 " +
    "without a gap and occur once.",
);
export const damagedTensors = inFile(
  "SQ0511",
  "damaged safetensors file",
  "A `.safetensors` file is a length, a JSON header and the tensors' bytes. Here the length or the header " +
    "can't be true, " +
    "or offsets overlap, leave holes, point outside the file or disagree with shape and element type.",
);
export const malformedInputs = inFile(
  "SQ0512",
  "malformed JSON values",
  "A JSON input is one object from names to values: nested arrays `[batch][…shape]` of numbers, or for a state " +
    "over time " +
    '`{"from": t0, "data": [time][batch][…shape]}`. JSON has no NaN: write the strings `"NaN"`, `"Infinity"`, ' +
    '`"-Infinity"`. `null` is no number: over time it may stand behind the end of a sequence, which an array `x_length` of integers tells.',
);
export const raggedArray = inFile(
  "SQ0513",
  "ragged array",
  "Nested arrays must have the same length wherever they stand on the same level. For sequences of different " +
    "length pad them and give `x_length`.",
);
export const duplicateName = inFile(
  "SQ0514",
  "name occurs twice in a file",
  "Arrays bind to inputs by name, so a name may occur once in a file. Rename or drop one of the two.",
);
export const tooLargeUnpacked = inFile(
  "SQ0515",
  "archive unpacks to too much",
  "The arrays of an archive may take 2 GiB together when unpacked. A small file that claims more is most " +
    "likely damaged or made to do harm.",
);
export const notText = inFile(
  "SQ0516",
  "not a text",
  "A `.txt` file is read as UTF-8 and must hold at least one character. Convert it (`iconv -t utf-8`).",
);

const LANGUAGE = "0 -> h_0\none_hot(letters_t)|h_{t-1} --[C|tanh]-> h_t\nh_t --[M|softmax]-> p_t => one_hot(letters_{t+1})\n@train steps=1\n@batch 1\n";
const DRIVEN = "0 -> h_0\nx_t|h_{t-1} --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n@train steps=1\n";
export const shortText: DiagnosticRecord = {
  code: "SQ0517",
  severity: "error",
  title: "text shorter than a sequence",
  explain: "`length=` cuts a text into sequences of so many characters, and the text must hold one at least. The fix makes the whole text one sequence.",
  examples: [`@data "letters.txt" length=1000000\n${LANGUAGE}`, `@data "letters.txt" test=0.1 length=200 seed=1\n${LANGUAGE}`, `@data "letters.txt" seed=3 length=99999\n@seed 2\n${LANGUAGE}`],
  fix: { tag: "offered" },
};
export const lengthWithoutText: DiagnosticRecord = {
  code: "SQ0518",
  severity: "error",
  title: "length of sequences without a text",
  explain: "`length=` cuts a `.txt` file into sequences. Other files hold arrays `[samples, time, …]`, which say their own length.",
  examples: [`@data "driven.npz" length=8\n${DRIVEN}`, `@data "driven.npz" length=16 test=0.25\n${DRIVEN}`, '@data "digits.npz" test=0.2 length=28 seed=0\nX --[M|softmax]-> p => one_hot(y)\n@train steps=1\n'],
  fix: { tag: "offered" },
};

const MISSING_EXAMPLE = `@data "digits.npz"
x : [64] ; y : class[10]
x --[M|softmax]-> p => one_hot(y)
`;
export const missingArray: DiagnosticRecord = {
  code: "SQ0520",
  severity: "error",
  title: "no data for an input",
  explain:
    "Arrays of the data file bind to the program's inputs by name, and one of the inputs has no array. " +
    "Rename one of the two; a name that differs by a letter or by case is suggested. The program below needs a " +
    "file whose arrays are `X` and `y`.",
  examples: [MISSING_EXAMPLE],
  fix: { tag: "offered" },
};
export const differentCounts = between(
  "SQ0521",
  "arrays have different numbers of samples",
  "The leading axis of every array is the sample, so all arrays that are bound have the same leading size.",
);
export const shapeMismatch = between(
  "SQ0522",
  "shape of the data does not fit",
  "Behind the leading axis (samples; then time, if the name occurs with `t`) an array has the input's shape. " +
    "Sizes 1 are not added or dropped silently.",
);
export const wrongDtype = between(
  "SQ0523",
  "data of the wrong type",
  "An input `class[n]` or of integers takes an integer array. Floats are not rounded: store the labels as " +
    "integers (`y.astype(numpy.int64)`). Lengths of sequences are integers, too, and no booleans: of a mask, they are its sums (`mask.sum(1)`).",
);
export const classOutOfRange = between(
  "SQ0524",
  "class outside 0..n-1",
  "The values of an input `class[n]` are integers in 0..n-1. Labels that start at 1 must be shifted, or n is " +
    "too small.",
);
export const notFinite = between(
  "SQ0525",
  "data is not finite",
  "A NaN or an infinity in the data would spread to every parameter in one update. Find out where it comes " +
    "from, then drop or fill the sample.",
);
export const badLength = between(
  "SQ0526",
  "length that does not fit its sequence",
  "`x_length` holds one integer a sample, in 1..n where n is the size of x's time axis; what lies behind is padding. " +
    "A sequence has at least one step, and every input over time reaches to its end.",
);
export const noSamples = between(
  "SQ0527",
  "no samples",
  "The data hold no sample, or the program has no input that could say how many there are.",
);

export const differentEnds = between(
  "SQ0528",
  "sequences that end at different steps",
  "Every sample has one last step T. Each input over time says it, by its first step (1, or `from` in JSON) and its length " +
    "(`x_length`, or the size of its time axis where no lengths are given); all must say the same.",
);

export const strayLengths: DiagnosticRecord = {
  ...inFile(
    "SQ0529",
    "lengths of no sequences",
    "An array `x_length` says how long the sequences of `x` are. Here there is such an array, and neither the program nor the data have what it is called after, " +
      "so that it says nothing. If it is misspelt, sequences are taken for as long as their arrays, padding and all. Rename it, or drop it.",
  ),
  severity: "lint",
};

export const badTestPart: DiagnosticRecord = {
  code: "SQ0530",
  severity: "error",
  title: "bad size of the test part",
  explain:
    "`test=` is the share of samples that is kept for testing, at least 0 and less than 1, and must leave at " +
    "least one sample to train on.",
  examples: ['@data "digits.npz" test=0.0001 seed=0\nX --[M|softmax]-> p => one_hot(y)\n'],
  fix: { tag: "none", why: "How much to keep for testing is the user's choice." },
};
export const batchNoPower: DiagnosticRecord = {
  code: "SQ0531",
  severity: "error",
  title: "batch is no power of two",
  explain:
    "Training batches are powers of two, so that work divides evenly on every target. The fix takes the nearest one.",
  examples: ['@data "digits.npz"\n@batch 100\nX --[M|softmax]-> p => one_hot(y)\n'],
  fix: { tag: "offered" },
};
export const batchTooLarge: DiagnosticRecord = {
  code: "SQ0532",
  severity: "error",
  title: "batch larger than the training data",
  explain:
    "A short batch is dropped, so a batch larger than the training part would never be filled. The fix takes " +
    "the largest power of two that fits.",
  examples: ['@data "digits.npz"\n@batch 1048576\nX --[M|softmax]-> p => one_hot(y)\n'],
  fix: { tag: "offered" },
};
export const unwritableFile = inFile(
  "SQ0540",
  "file can't be written",
  "The disk is full, the folder does not exist or may not be written. Files are written under another name and " +
    "renamed when complete, " +
    "so that what was there before is still whole. It arises with any command that writes.",
);

/** Every code of this package: SQ0501…SQ0599. */
export const dataDiagnostics: readonly DiagnosticRecord[] = [
  unreadableFile,
  unknownFileKind,
  damagedArchive,
  damagedArray,
  unsupportedElements,
  integerTooLarge,
  damagedTable,
  missingValue,
  notANumber,
  incompleteColumns,
  damagedTensors,
  malformedInputs,
  raggedArray,
  duplicateName,
  tooLargeUnpacked,
  notText,
  shortText,
  lengthWithoutText,
  missingArray,
  differentCounts,
  shapeMismatch,
  wrongDtype,
  classOutOfRange,
  notFinite,
  badLength,
  noSamples,
  differentEnds,
  strayLengths,
  badTestPart,
  batchNoPower,
  batchTooLarge,
  unwritableFile,
];
