// Benchmark of commands: answers per second, singly and as lists, compared with a hand-built flow and with the HTTP client alone.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startSimulator } from "../simulator";
import type { FlowNode } from "../tools/node-red";
import { Child, type Children } from "./child";
import { account, type Contender, contest, type Measured, type Sample, type Size, type Text } from "./contest";
import { accountNode, functionNode, pump, pumped } from "./node-red";
import type { Comparison, Section } from "./report";
import type { Commands, Served } from "./rivals";

/** The node in a loop with the pump. More requests may be in progress than an account allows by default. */
export const ours = (url: string, node: string, source: string, input: "one" | "list" = "one"): readonly FlowNode[] => [
  accountNode({ baseUrl: url, maxConcurrent: 64 }),
  pump(source, "command"),
  { id: "command", type: node, z: "tab", account: "account", input, wires: [["pump"]] },
];

/** A typical hand-built flow. The request node parses the JSON itself, which is faster than a json node after it. */
const flowOfToday = (url: string): readonly FlowNode[] => [
  pump("status", "sign"),
  functionNode(
    "sign",
    `const timestamp = String(Date.now());
const seq = context.get("seq") + 1;
context.set("seq", seq);
const digest = crypto.createHash("md5").update("${account.customer}@" + timestamp + "@" + seq + "@${account.password}").digest("hex");
msg.headers = { "content-type": "application/json", accept: "application/json" };
msg.payload = {
  authentication: { customer: "${account.customer}", timestamp, seq: String(seq), digest },
  request: { seq, agent: msg.payload.agent },
};
return msg;`,
    [["request"]],
    { initialize: `context.set("seq", 0);`, libs: ["crypto"] },
  ),
  {
    id: "request",
    type: "http request",
    z: "tab",
    method: "POST",
    ret: "obj",
    url: `${url}/openapi/V2.0.6/getAgentStatus`,
    persist: true,
    headers: [],
    wires: [["pump"]],
  },
];

/** The types of the values in an answer. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, shapeOf(inner)]),
  );
};

/** Sends a request to a platform. */
async function answerOf(url: string, api: string, asked: object): Promise<unknown> {
  const { customer, password } = account;
  const timestamp = String(Date.now());
  const seq = String(1 + Math.floor(Math.random() * 1e9));
  const digest = createHash("md5").update(`${customer}@${timestamp}@${seq}@${password}`).digest("hex");
  const response = await fetch(`${url}/openapi/V2.0.6/${api}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ authentication: { customer, timestamp, seq, digest }, param: { lang: "zh_CN" }, ...asked }),
  });
  return response.json();
}

/** Starts the platform, and checks that its answers have the same structure as the simulator's. */
export async function startPlatform(children: Children): Promise<string> {
  const child = children.add(new Child("rivals.ts", "platform"));
  const url = `http://127.0.0.1:${(await child.ask<Served>({})).port}`;
  const simulator = await startSimulator({ ...account, agents: "1000-1001" });
  try {
    simulator.instruct({ do: "seed", records: 3 });
    await answerOf(simulator.url, "AgentLogin", { request: { seq: 1, agent: "1000" } });
    const questions: readonly (readonly [string, object])[] = [
      ["getAgentStatus", { request: { seq: 1, agent: "1000" } }],
      ["getAgentStatus", { requests: [1, 2].map((seq) => ({ seq, agent: "1000" })) }],
      ["getRecordsList", { request: { seq: "1", startKey: 0 } }],
    ];
    for (const [api, asked] of questions) {
      assert.deepEqual(
        shapeOf(await answerOf(url, api, asked)),
        shapeOf(await answerOf(simulator.url, api, asked)),
        `The platform of the bench answers ${api} in another shape than the simulator`,
      );
    }
  } finally {
    await simulator.close();
  }
  return url;
}

const names = {
  node: (inFlight: number): Text => ({
    en: `sccc-get-agent-status, ${inFlight} at once`,
    zh: `sccc-get-agent-status，同时 ${inFlight} 个`,
  }),
  list: { en: "sccc-get-agent-status, lists of 100", zh: "sccc-get-agent-status，每个列表 100 条" },
  today: { en: "function → http request", zh: "function → http request" },
  client: { en: "axios alone", zh: "单独的 axios" },
};

/** Runs the part. */
export async function commands(size: Size, children: Children): Promise<Section> {
  const url = await startPlatform(children);
  const one = await children.nodeRed(ours(url, "sccc-get-agent-status", "status"));
  const list = await children.nodeRed(ours(url, "sccc-get-agent-status", "list", "list"));
  const today = await children.nodeRed(flowOfToday(url));
  const client = children.add(new Child("rivals.ts", "axios"));
  const comparisons: Comparison[] = [];
  for (const inFlight of [1, 16, 64]) {
    const pumping = { inFlight, seconds: size.seconds };
    const contenders: Record<"node" | "today" | "client", Contender> = {
      node: { name: names.node(inFlight), measure: () => pumped(one, pumping) },
      today: { name: names.today, measure: () => pumped(today, pumping) },
      client: {
        name: names.client,
        measure: () => {
          const question: Commands = { url, api: "getAgentStatus", ...pumping };
          return client.ask<Sample>(question);
        },
      },
    };
    const measured = await contest(size, contenders);
    comparisons.push(
      { ours: measured.node, rival: measured.today, measure: "perSecond", target: 2 },
      { ours: measured.node, rival: measured.client, measure: "perSecond" },
    );
  }
  const pumping = { inFlight: 1, seconds: size.seconds };
  const lists: { readonly list: Measured; readonly today: Measured } = await contest(size, {
    list: {
      name: names.list,
      // A message contains a hundred commands.
      measure: async () => {
        const sample = await pumped(list, pumping);
        return { ...sample, count: sample.count * 100, perSecond: sample.perSecond * 100 };
      },
    },
    today: { name: names.today, measure: () => pumped(today, pumping) },
  });
  comparisons.push({ ours: lists.list, rival: lists.today, measure: "perSecond", target: 30 });
  return {
    title: { en: "Commands", zh: "命令" },
    about: [
      {
        en: "The platform is a separate process. It answers at once, in the shape of the simulator's answers (checked at the start). All connections are kept alive. The rivals sign and send. Ours also checks the fields, reads the answer liberally, limits its size and time, queues and repeats.",
        zh: "平台是一个独立进程。它立即应答，应答的格式与模拟平台一致（开始时核对）。各方都保持长连接。对手只签名和发送。我们还校验字段、宽容地读取应答、限制大小和时间、排队和重发。",
      },
    ],
    comparisons,
  };
}
