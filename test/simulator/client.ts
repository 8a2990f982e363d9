// A client and a receiver of pushes for the simulator's tests. Digests are computed by crypto-js, independently of our code.
import http from "node:http";
import type { AddressInfo } from "node:net";
import MD5 from "crypto-js/md5";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator";

export const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";

export const md5 = (text: string): string => MD5(text).toString();

export type Json = Record<string, unknown>;

export interface Answer {
  data: null | { seq: unknown; response: Json; responses: Json[]; record: Json[] };
  logs: string | null;
  result: { error: unknown; msg: string };
}

let lastSeq = 0;
export const nextSeq = (): string => String(++lastSeq);

/** An authentication block; `changes` replace fields, also those that the digest covers. */
export const authentication = (changes: Json = {}): Json => {
  const block = { customer: "C2", timestamp: String(Date.now()), seq: nextSeq(), ...changes };
  return { digest: md5(`${block.customer}@${block.timestamp}@${block.seq}@${password}`), ...block };
};

export const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** Sends a body, with a valid authentication unless it contains one. */
export const ask = async (simulator: Simulator, api: string, body: Json, version = "V2.0.6"): Promise<Answer> => {
  const response = await post(`${simulator.url}/openapi/${version}/${api}`, {
    authentication: authentication(),
    ...body,
  });
  return (await response.json()) as Answer;
};

/** Sends one command and returns its response. */
export const command = async (simulator: Simulator, api: string, fields: Json = {}): Promise<Json> => {
  const { data, result } = await ask(simulator, api, { request: { seq: nextSeq(), ...fields } });
  if (data === null) throw new Error(`refused as a whole: ${JSON.stringify(result)}`);
  return data.response;
};

/** The error and the text of a command's response. */
export const resultOf = (response: Json | undefined): Json => (response?.["result"] ?? {}) as Json;

/** The error of a command's response. */
export const errorOf = (response: Json | undefined): unknown => resultOf(response)["error"];

export interface Push {
  readonly authentication: Json;
  readonly notify: Json;
  readonly param: Json;
  readonly text: string;
}

/** A server that receives pushes. */
export interface Receiver {
  readonly url: string;
  readonly pushes: Push[];
  /** Its answer; by default that it has taken the push. */
  answer: (push: Push) => { status: number; body: string };
  /** Delays an answer. */
  hold?: () => Promise<void>;
  /** Waits until the received pushes satisfy a test. */
  until(test: (pushes: readonly Push[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export const taken = { status: 200, body: '{"result":{"error":0,"msg":""}}' };

export const startReceiver = async (port = 0): Promise<Receiver> => {
  const pushes: Push[] = [];
  const waiting = new Set<() => void>();
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const push: Push = { ...(JSON.parse(text) as Omit<Push, "text">), text };
    pushes.push(push);
    await receiver.hold?.();
    const { status, body } = receiver.answer(push);
    response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify?site=1`,
    pushes,
    answer: () => taken,
    until: (test) =>
      new Promise((resolve) => {
        const check = () => {
          if (!test(pushes)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
};

/** The name of a push's event: the vendor's type, or the name of its shape. */
export const eventOf = ({ notify }: Push): string => (notify["type"] as string | undefined) ?? "screenpop";

/** The events of the pushes of one command, without agents' states. */
export const eventsOf = (pushes: readonly Push[], seq: string): string[] =>
  pushes.filter(({ notify }) => notify["seq"] === seq && notify["type"] !== "agentstatus").map(eventOf);

/** Whether this many pushes of an event have come. */
export const have =
  (event: string, count = 1) =>
  (pushes: readonly Push[]): boolean =>
    pushes.filter((push) => eventOf(push) === event).length >= count;

/** A simulator and a receiver for each test of a suite. */
export const withSimulator = (options: Partial<SimulatorOptions> = {}) => {
  const context = {} as { simulator: Simulator; receiver: Receiver };
  beforeEach(async () => {
    context.receiver = await startReceiver();
    context.simulator = await startSimulator({ password, speed: 1000, pushUrl: context.receiver.url, ...options });
  });
  afterEach(async () => {
    await context.simulator.close();
    await context.receiver.close();
  });
  return context;
};
