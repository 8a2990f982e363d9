// Wraps callbacks of events, timers and sockets. An error that a callback throws must be reported: uncaught, it would end Node-RED.

/** Receives an error that a callback has thrown. */
export type Report = (error: unknown) => void;

let log: Report = (error) => console.error(error);

/** Sets the default report for errors. The runtime sets Node-RED's log. */
export function reportUncaughtTo(report: Report): void {
  log = report;
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
      (report ?? log)(error);
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
