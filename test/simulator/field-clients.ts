// Clients and receivers as used in the field, each with its own dialect. Digests are computed by crypto-js, independently of our code.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type Json, md5, nextSeq, password } from "./client";

/** How a client in the field builds its requests, and how it recognizes success. */
export interface FieldClient {
  /** The authentication block. */
  readonly authentication: () => Json;
  /** The command seq. */
  readonly seq: () => string | number;
  /** The ApiName as written in its URL. */
  readonly api?: (api: string) => string;
  readonly version?: string;
  readonly more?: Json;
  readonly succeeded: (answer: Json) => boolean;
}

const block = (timestamp: string | number, seq: string | number, form = (digest: string) => digest): Json => ({
  customer: "C2",
  timestamp,
  seq,
  digest: form(md5(`C2@${timestamp}@${seq}@${password}`)),
});
const inSeconds = () => Math.floor(Date.now() / 1000);
const errorIsZero = ({ result }: Json) => (result as Json)["error"] === 0;
let fixedSeqs = 0;

/** The clients by their peculiarity. */
export const fieldClients: Readonly<Record<string, FieldClient>> = {
  "signs in upper case, with the time in seconds": {
    authentication: () => block(String(inSeconds()), nextSeq(), (digest) => digest.toUpperCase()),
    seq: nextSeq,
    succeeded: errorIsZero,
  },
  "sends bare numbers, and writes names its own way": {
    authentication: () => block(Date.now(), Number(nextSeq())),
    seq: () => Number(nextSeq()),
    api: (api) => api[0]?.toLowerCase() + api.slice(1),
    succeeded: errorIsZero,
  },
  "sends an empty agent, a seq of 24 characters and both languages": {
    authentication: () => ({ ...block(String(Date.now()), nextSeq()), agent: "" }),
    seq: () => `5f3e9c1ab2d4${nextSeq().padStart(12, "0")}`,
    more: { param: { debug: "false", lang: "zh_CN|en_US" } },
    succeeded: errorIsZero,
  },
  "sends an empty command seq": {
    authentication: () => block(String(Date.now()), nextSeq()),
    seq: () => "",
    succeeded: errorIsZero,
  },
  "always sends the same request seq, with other times": {
    // No two of its requests have the same millisecond.
    authentication: () => {
      fixedSeqs += 1;
      return block(String(Date.now() + fixedSeqs), "100001");
    },
    seq: nextSeq,
    succeeded: errorIsZero,
  },
  "looks for a word in the answer, and uses V2.1.2": {
    authentication: () => block(String(Date.now()), nextSeq()),
    seq: nextSeq,
    version: "V2.1.2",
    succeeded: ({ data, result }) =>
      [result, ((data as Json)["response"] as Json)["result"]].every((one) =>
        String((one as Json)["msg"]).includes("Successfully"),
      ),
  },
};

/** Sends a command as a client does: without an Accept header. Resolves with the answer. */
export const sendAs = (client: FieldClient, url: string, api: string, fields: Json): Promise<Json> => {
  const { authentication, seq, version = "V2.0.6", more = {} } = client;
  const body = JSON.stringify({ authentication: authentication(), request: { seq: seq(), ...fields }, ...more });
  const path = `${url}/openapi/${version}/${client.api?.(api) ?? api}`;
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const request = http.request(path, { method: "POST", agent: false, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(JSON.parse(text) as Json));
    });
    request.on("error", reject).end(body);
  });
};

/** What a receiver in the field requires of a bill, by its peculiarity; it answers with its own text. */
export const fieldReceivers: Readonly<
  Record<string, { readonly takes: (bill: Json) => boolean; readonly says: string }>
> = {
  "reads the times as integers": {
    takes: (bill) =>
      ["startTime", "ringTime", "answerTime", "byeTime"].every((name) => /^\d+$/.test(String(bill[name]))),
    says: '{"code":200}',
  },
  "insists on area and taskID": {
    takes: (bill) => ["area", "city", "taskID", "taskName", "staffNo"].every((name) => typeof bill[name] === "string"),
    says: "success",
  },
  "answers a bare number": { takes: () => true, says: "1" },
};

/** Starts a receiver; it answers what it cannot read with HTTP 500. */
export const startFieldReceiver = async (receiver: (typeof fieldReceivers)[string]) => {
  const bills: Json[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { notify } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { notify: Json };
    const isBill = notify["type"] === "billing";
    if (isBill && !receiver.takes(notify)) {
      response.writeHead(500).end("Internal Server Error");
      return;
    }
    if (isBill) bills.push(notify);
    response.end(receiver.says);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    bills,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
