// A pause that can be ended early.
import { guarded } from "./guarded";

/** Waits for `ms`, or until one of the signals is aborted. */
export function sleep(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const wake = guarded(() => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", wake);
      resolve();
    });
    const timer = setTimeout(wake, ms);
    for (const signal of signals) signal.addEventListener("abort", wake, { once: true });
    if (signals.some((signal) => signal.aborted)) wake();
  });
}
