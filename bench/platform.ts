// A platform that answers at once with fixed data, so that it does not limit the measured commands. The format of its answers is compared
// with the simulator's.
import type { RequestListener } from "node:http";

interface Asked {
  readonly seq?: unknown;
  readonly userData?: unknown;
  readonly startKey?: number | string;
}

interface Body {
  readonly authentication: { readonly seq: string };
  readonly request?: Asked;
  readonly requests?: readonly Asked[];
}

const done = { error: 0 };
const good = { error: 0, msg: "成功" };

const statusOf = ({ seq, userData = null }: Asked) => ({
  seq,
  userData,
  workStatus: "ONLINE",
  serverStatus: "IDLE",
  result: done,
});

const pageSize = 500;

/** A record with a key. Its numbers vary as much as those of a real platform. */
const recordOf = (key: number) => ({
  key: String(key),
  caller: "02161234567",
  callee: `138${String((key * 7919) % 100_000_000).padStart(8, "0")}`,
  filename: `/record/2026/03/01/${key}.wav`,
  type: "1",
  agent: String(1000 + (key % 100)),
  startTime: String(1_772_000_000 + key * 13),
  duration: "60",
});

/** A page; there is always a next one. */
const pageOf = (startKey: number) => Array.from({ length: pageSize }, (_, index) => recordOf(startKey + 1 + index));

function answerTo(api: string, { authentication, request, requests }: Body): object {
  const { seq } = authentication;
  const rest = { logs: null, result: good };
  if (requests !== undefined) return { data: { seq, responses: requests.map(statusOf) }, ...rest };
  if (api !== "getRecordsList") return { data: { seq, response: statusOf(request ?? {}) }, ...rest };
  const { seq: commandSeq } = request ?? {};
  const record = pageOf(Number(request?.startKey ?? 0));
  return { data: { seq, response: { seq: commandSeq, userData: null, result: done }, record }, ...rest };
}

/** Answers getAgentStatus and getRecordsList. */
export const platform: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const api = request.url?.split("/").at(-1) ?? "";
    const body = Buffer.from(JSON.stringify(answerTo(api, JSON.parse(Buffer.concat(chunks).toString()))));
    response.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Content-Length": body.length });
    response.end(body);
  });
};
