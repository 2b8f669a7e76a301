/** What the emitted PyTorch refuses: counted and printed, and each shown by a program in `limits.test.ts`. Nothing is left out but what SQ0905 says. */

/** The beginnings of its messages. */
export const REFUSALS: readonly string[] = [
  "SQ0905 autograd from one instance of the left side",
  "SQ0905 our own equations of a state that reads a range of its own past",
  "SQ0905 a backward recurrence with several last values, over sequences of different lengths",
  "SQ0905 sequences of fewer than",
  "SQ0905 a range with a moving end that is read at the end of each row alone",
  "SQ0905 the number of a step at the end of each row alone",
];

/** The refusal that a message is; null: a fault of the emitter. */
export const refusalOf = (message: string): string | null => REFUSALS.find((one) => message.startsWith(one)) ?? null;
