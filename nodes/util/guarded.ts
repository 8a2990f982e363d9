// Callbacks of events, timers and sockets. What one of them throws must be reported: uncaught, it ends Node-RED.

/** Hears of an error that a callback has thrown. */
export type Report = (error: unknown) => void;

let log: Report = (error) => console.error(error);

/** Sets where errors are reported that have no report of their own. The runtime sets Node-RED's log. */
export function reportUncaughtTo(report: Report): void {
  log = report;
}

/**
 * Makes a callback safe to register: what it throws, and the rejection of a promise that it returns, are reported.
 * @param report what to do with the error; a line in the log if absent
 */
export function guarded<A extends readonly unknown[]>(
  callback: (...args: A) => unknown,
  report?: Report,
): (...args: A) => void {
  const tell: Report = (error) => {
    try {
      (report ?? log)(error);
    } catch {
      // Nobody is left to tell: a logger of the user's may throw too.
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
