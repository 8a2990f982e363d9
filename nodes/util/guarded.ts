// Wraps callbacks of events, timers and sockets. An error that a callback throws must be reported: uncaught, it would end Node-RED.
import { channel } from "node:diagnostics_channel";

/** Receives an error that a callback has thrown. */
export type Report = (error: unknown) => void;

/** Errors that have no report of their own. It is the process's: such an error does not say which Node-RED it belongs to. */
const uncaught = channel("sccc:uncaught");

/**
 * Has errors reported that have no report of their own, to each Node-RED's log.
 * @returns ends it; while there is no report at all, errors go to the console
 */
export function reportUncaughtTo(report: Report): () => void {
  // What a subscriber throws would end the process.
  const subscriber = (error: unknown): void => {
    try {
      report(error);
    } catch {
      // Nobody is left to tell: a logger of the user's may throw too.
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
 * Makes a callback safe to register: an error that it throws, or a rejection of the promise that it returns, is reported.
 * @param report what to do with the error; default: a line in the log
 */
export function guarded<A extends readonly unknown[]>(
  callback: (...args: A) => unknown,
  report?: Report,
): (...args: A) => void {
  const tell: Report = (error) => {
    try {
      (report ?? publish)(error);
    } catch {
      // The report has failed too, for example a user's logger: nothing else can be done.
    }
  };
  return (...args) => {
    try {
      const result = callback(...args);
      if (result instanceof Promise) result.catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}
