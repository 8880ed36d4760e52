import { milliseconds, options } from "./check.js";

/** When ICE is restarted after a network failure, and when a call or a session is given up. */
export interface RecoveryOptions {
  /** How long a path may be silent or disconnected before ICE is restarted, in milliseconds. 2000 by default. */
  patience?: number;
  /** The number of attempts before the connection is lost. 6 by default. */
  attempts?: number;
  /** The duration of each attempt, in milliseconds. 10000 by default. */
  attemptTime?: number;
}

/** @internal */
export function checkRecovery(operation: string, value: RecoveryOptions | undefined): void {
  const recovery = options(operation, "options.recovery", value, ["patience", "attempts", "attemptTime"]);
  milliseconds(operation, "options.recovery.patience", recovery.patience);
  milliseconds(operation, "options.recovery.attemptTime", recovery.attemptTime);
}
