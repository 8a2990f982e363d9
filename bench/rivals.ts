// The rivals outside Node-RED, each in its own process: Express, node:http alone, the HTTP client alone; and the platform.
import { createHash } from "node:crypto";
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import axios from "axios";
import express from "express";
import { answerWith, stayAwake } from "./child";
import { account, type Sample } from "./contest";
import { platform } from "./platform";

interface Push {
  readonly authentication?: Readonly<Record<"customer" | "timestamp" | "seq" | "digest", string>>;
  readonly notify?: unknown;
}

/** Whether a push is signed by the account. */
function isSigned({ authentication }: Push): boolean {
  if (authentication === undefined) return false;
  const { customer, timestamp, seq, digest } = authentication;
  const right = createHash("md5").update(`${customer}@${timestamp}@${seq}@${account.password}`).digest("hex");
  return digest.toLowerCase() === right;
}

const taken = { result: { error: 0, msg: "" } };
const refused = { result: { error: 1, msg: "authentication failed" } };

/** Express with its own JSON parser. */
function expressApp(): RequestListener {
  const app = express();
  app.post("/sccc/notify", express.json(), (request, response) => {
    if (isSigned(request.body)) response.json(taken);
    else response.status(401).json(refused);
  });
  return app;
}

/** node:http alone. */
const bare: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const signed = isSigned(JSON.parse(Buffer.concat(chunks).toString()));
    const body = JSON.stringify(signed ? taken : refused);
    response.writeHead(signed ? 200 : 401, { "Content-Type": "application/json", "Content-Length": body.length });
    response.end(body);
  });
};

/** A server's port, and the processor time that it has used, in µs. */
export interface Served {
  readonly port: number;
  readonly cpu: number;
}

/** Opens a server. */
function serve(listener: RequestListener): void {
  const server = http.createServer(listener).listen(0, "127.0.0.1");
  const listening = new Promise((resolve) => server.on("listening", resolve));
  answerWith(async () => {
    await listening;
    const { user, system } = process.cpuUsage();
    return { port: (server.address() as AddressInfo).port, cpu: user + system } satisfies Served;
  });
}

/** The task of the client alone: commands or pages of records, for a time or a number of requests. */
export interface Commands {
  readonly url: string;
  readonly api: "getAgentStatus" | "getRecordsList";
  readonly inFlight: number;
  readonly seconds: number;
  readonly most?: number;
}

interface Answer {
  readonly data?: {
    readonly response?: { readonly workStatus?: string };
    readonly record?: readonly { readonly key: string }[];
  };
}

/** Posts JSON and returns the JSON of the answer. */
type Post = (url: string, body: object) => Promise<Answer>;

const agent = new http.Agent({ keepAlive: true });

const withAxios: Post = async (url, body) => (await axios.post<Answer>(url, body, { httpAgent: agent })).data;

const withHttp: Post = (url, body) =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    request.on("error", reject);
    request.end(text);
  });

/** A client with kept-alive connections, as one would write it for this task alone. */
function client(post: Post): void {
  let seq = 0;
  let key = 0;
  const send = async ({ url, api }: Commands): Promise<void> => {
    const { customer, password } = account;
    const timestamp = String(Date.now());
    seq += 1;
    const digest = createHash("md5").update(`${customer}@${timestamp}@${seq}@${password}`).digest("hex");
    const fields = api === "getAgentStatus" ? { seq, agent: "1000" } : { seq: String(seq), startKey: key };
    const { data } = await post(`${url}/openapi/V2.0.6/${api}`, {
      authentication: { customer, timestamp, seq: String(seq), digest },
      request: fields,
    });
    if (api === "getAgentStatus") {
      if (data?.response?.workStatus !== "ONLINE") throw new Error(`No answer: ${JSON.stringify(data)}`);
    } else {
      key = Math.max(...(data?.record ?? []).map((record) => Number(record.key)));
    }
  };
  answerWith(async (question) => {
    const commands = question as Commands;
    const { inFlight, seconds, most = Number.POSITIVE_INFINITY } = commands;
    let begun = 0;
    const start = performance.now();
    const before = process.cpuUsage();
    const worker = async (): Promise<void> => {
      while (begun < most && performance.now() < start + seconds * 1000) {
        begun += 1;
        await send(commands);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return {
      count: begun,
      perSecond: (begun / ms) * 1000,
      cpu: (user + system) / begun,
    } satisfies Sample;
  });
}

const roles: Readonly<Record<string, () => void>> = {
  express: () => serve(expressApp()),
  http: () => serve(bare),
  platform: () => {
    serve(platform);
    stayAwake();
  },
  axios: () => client(withAxios),
  request: () => client(withHttp),
};

roles[process.argv[2] ?? ""]?.();
