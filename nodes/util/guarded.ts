// Wraps callbacks of events, timers and sockets. An error that a callback throws must be reported: uncaught, it would end Node-RED.
import { channel } from "node:diagnostics_channel";

/** Receives an error that a callback has thrown. */
export type Report = (error: unknown) => void;

/**
 * Errors without a report of their own. The channel belongs to the process, because such an error does not tell which
 * Node-RED it belongs to.
 */
const uncaught = channel("sccc:uncaught");

/**
 * Passes errors without a report of their own to `report`, usually a Node-RED's log. While nobody receives them, they
 * go to the console.
 * @returns a function that ends this
 */
export function reportUncaughtTo(report: Report): () => void {
  // An error of a subscriber would end the process.
  const subscriber = (error: unknown): void => {
    try {
      report(error);
    } catch {
      // The report failed too, for example a user's logger. Nothing else can be done.
    }
  };
  uncaught.subscribe(subscriber);
  return () => uncaught.unsubscribe(subscriber);
}

function publish(error: unknown): void {
  if (uncaught.hasSubscribers) uncaught.publish(error);
  else console.error(error);
}

/**
 * Makes a callback safe to register: an error that it throws, or a rejection of its promise, is reported.
 * @param report receives the error; default: a line in the log
 */
export function guarded<A extends readonly unknown[]>(
  callback: (...args: A) => unknown,
  report?: Report,
): (...args: A) => void {
  const reportSafely: Report = (error) => {
    try {
      (report ?? publish)(error);
    } catch {
      // The report has failed too, for example a user's logger: nothing else can be done.
    }
  };
  return (...args) => {
    try {
      const result = callback(...args);
      if (result instanceof Promise) result.catch(reportSafely);
    } catch (error) {
      reportSafely(error);
    }
  };
}
