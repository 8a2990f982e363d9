// The simulator: an SCCC platform for developing and testing flows.
import { Api } from "./api";
import { Authenticator } from "./authentication";
import type { Books, BooksFilter } from "./books";
import { Clock } from "./clock";
import { Faults } from "./faults";
import { instruct, type Outcome } from "./instructions";
import { type SimulatorOptions, settingsOf } from "./options";
import { Platform, type State } from "./platform";
import { Pusher } from "./pushes";
import type { ReceivedRequest } from "./request-log";
import { Server, urlOf } from "./server";

export type { Books, BooksFilter, Tally } from "./books";
export type { EndingName, Numbers } from "./call-outcomes";
export type { DialectName } from "./dialects";
export type { Outcome } from "./instructions";
export type { SimulatorOptions, Summary } from "./options";
export type { State } from "./platform";
export type { PushOutcome } from "./pushes";
export type { ReceivedRequest } from "./request-log";
export { sampleOf } from "./sample";

/** A running platform. */
export interface Simulator {
  /** Without a trailing slash, such as http://127.0.0.1:8088. */
  readonly url: string;
  readonly port: number;
  /** The received requests, the newest 10,000. */
  readonly requests: readonly ReceivedRequest[];
  /** The platform's state. */
  readonly state: State;
  /** The number of dialled calls and their results. */
  books(filter?: BooksFilter): Books;
  /** Carries out an instruction, see docs/simulator.md. Never rejects. */
  instruct(instruction: unknown): Promise<Outcome>;
  /** Closes the platform with every connection and timer; further calls do nothing. */
  close(): Promise<void>;
}

/** Wraps a user's callback so that its errors do not end the simulator. */
const guarded =
  <Value>(callback: (value: Value) => void) =>
  (value: Value): void => {
    try {
      callback(value);
    } catch {
      // The simulator continues: errors in a listener are the listener's responsibility.
    }
  };

/** Starts a platform. Rejects with a message that names the invalid option, or the address that is not available. */
export const startSimulator = async (options: SimulatorOptions): Promise<Simulator> => {
  const settings = settingsOf(options);
  const clock = new Clock(settings);
  const faults = new Faults(settings.seed);
  const authenticator = new Authenticator(settings);
  const pusher = new Pusher(settings, clock, faults, guarded(options.onPush ?? (() => {})));
  const platform = new Platform(settings, clock, pusher, options.onEvent && guarded(options.onEvent));
  const api = new Api(platform, authenticator);
  const { dialect } = settings;
  const server = new Server({ api, ledger: platform.ledger, faults, dialect, tls: options.tls });
  const port = await server.listen(settings.port, settings.host);
  const { agents, calls, tasks, ledger } = platform;
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(options.tls === undefined ? "http" : "https", settings.host, port),
    port,
    requests: server.requests,
    state: {
      get agents() {
        return agents.all();
      },
      get calls() {
        return calls.active();
      },
      get tasks() {
        return tasks.all();
      },
      records: ledger.records,
      cdrs: ledger.cdrs,
      get summary() {
        return platform.summary();
      },
    },
    books: (filter) => platform.books(filter),
    instruct: (instruction) => instruct({ platform, pusher, faults, authenticator, server }, instruction),
    close: () => {
      closing ??= (() => {
        pusher.close();
        platform.reset();
        return server.close();
      })();
      return closing;
    },
  };
};
