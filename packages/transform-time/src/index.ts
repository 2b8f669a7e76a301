export { inferDomains } from "./infer-domains.js";
export type { DomainOptions } from "./infer-domains.js";
export { timeDiagnostics } from "./diagnostics.js";
export { timeFacts } from "./facts.js";
export { goalsOf, scheduleFor, schedulePass } from "./schedule.js";
export { directionsOf, timeReport } from "./time-report.js";
export type { StateReport, StatementReport, TimeReport } from "./time-report.js";
export { hoistFromLoops } from "./hoist.js";
export { statementsBeyond } from "./statements.js";
