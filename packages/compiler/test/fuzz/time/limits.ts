/** What the emitted PyTorch refuses: counted and printed. Nothing is left out but what SQ0905 says, which `test/time/refusals.test.ts` shows. */
import { REFUSALS } from "@sequent/backend-pytorch";
import type { Refusal } from "@sequent/backend-pytorch";

/** The beginnings of its messages; what is said in place of a wrong text is none. */
const MESSAGES: readonly string[] = REFUSALS.filter((one: Refusal) => one.unseen !== true).map((one) => `SQ0905 ${one.what}`);

/** The refusal that a message is; null: a fault of the emitter. */
export const refusalOf = (message: string): string | null => MESSAGES.find((one) => message.startsWith(one)) ?? null;
