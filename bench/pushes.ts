// Benchmark of pushes: pushes per second for each way of receiving, over 64 connections, and the 99th percentile of the response time.
import { type FlowNode, freePort } from "../tools/node-red";
import { Child, type Children } from "./child";
import { account, type Contender, contest, type Sample, type Size, type Text } from "./contest";
import type { Load } from "./load";
import { accountNode, counter, doneBy, functionNode } from "./node-red";
import type { Section } from "./report";
import type { Served } from "./rivals";

const path = "/sccc/notify";
const connections = 64;

/** A typical hand-built flow. */
const flowOfToday: readonly FlowNode[] = [
  { id: "in", type: "http in", z: "tab", method: "post", url: path, wires: [["check"]] },
  functionNode(
    "check",
    `const { authentication: a, notify } = msg.payload;
const digest = crypto.createHash("md5").update(a.customer + "@" + a.timestamp + "@" + a.seq + "@${account.password}").digest("hex");
if (digest !== a.digest.toLowerCase()) {
  msg.statusCode = 401;
  msg.payload = { result: { error: 1, msg: "authentication failed" } };
  return [msg, null];
}
msg.payload = { result: { error: 0, msg: "" } };
return [msg, { topic: notify.type, payload: notify }];`,
    [["response"], ["count"]],
    { libs: ["crypto"] },
  ),
  { id: "response", type: "http response", z: "tab", wires: [] },
  counter(),
];

/** Our flow, with a confirm node if pushes are stored. */
const ours = (pushAnswer: "received" | "stored", pushPort?: number): readonly FlowNode[] => [
  accountNode({ pushAnswer, ...(pushPort === undefined ? {} : { pushPort, pushHost: "127.0.0.1" }) }),
  {
    id: "notify",
    type: "sccc-notify",
    z: "tab",
    account: "account",
    events: [],
    layout: "one",
    wires: [[pushAnswer === "stored" ? "confirm" : "count"]],
  },
  ...(pushAnswer === "stored" ? [{ id: "confirm", type: "sccc-confirm", z: "tab", wires: [["count"]] }] : []),
  counter(),
];

const names = {
  today: { en: "http in → function → http response", zh: "http in → function → http response" },
  own: { en: "sccc-notify, own port, received", zh: "sccc-notify，独立端口，received" },
  ownStored: { en: "sccc-notify, own port, stored", zh: "sccc-notify，独立端口，stored" },
  shared: { en: "sccc-notify, Node-RED's server, received", zh: "sccc-notify，Node-RED 的服务器，received" },
  sharedStored: { en: "sccc-notify, Node-RED's server, stored", zh: "sccc-notify，Node-RED 的服务器，stored" },
  limit: {
    en: "Node-RED's server, a route that checks nothing and sends no message",
    zh: "Node-RED 的服务器，一个不做检查、也不发消息的路由",
  },
  express: { en: "Express alone", zh: "单独的 Express" },
  http: { en: "node:http alone", zh: "单独的 node:http" },
} satisfies Readonly<Record<string, Text>>;

/** Runs the part. */
export async function pushes(size: Size, children: Children): Promise<Section> {
  const load = children.add(new Child("load.ts"));
  const send = (port: number): Promise<Sample> => {
    const question: Load = { port, path, connections, seconds: size.seconds };
    return load.ask<Sample>(question);
  };
  /** Checks that every push that a Node-RED answered has reached its counter. */
  const nodeRed = async (name: Text, flow: readonly FlowNode[], ownPort?: number): Promise<Contender> => {
    const runs = await children.nodeRed(flow);
    const port = ownPort ?? Number(new URL(runs.url).port);
    return {
      name,
      measure: async () => {
        const before = await doneBy(runs);
        const sample = await send(port);
        let after = await doneBy(runs);
        // A stored push is answered once it is on disk; it reaches the node a moment later.
        for (let tries = 0; tries < 500 && after.messages - before.messages < sample.count; tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          after = await doneBy(runs);
        }
        const came = after.messages - before.messages;
        if (came !== sample.count) throw new Error(`${name.en}: ${sample.count} were answered, ${came} came`);
        return { ...sample, cpu: (after.cpu - before.cpu) / sample.count };
      },
    };
  };
  const server = async (name: Text, role: string): Promise<Contender> => {
    const child = children.add(new Child("rivals.ts", role));
    const { port } = await child.ask<Served>({});
    return {
      name,
      measure: async () => {
        const before = await child.ask<Served>({});
        const sample = await send(port);
        const after = await child.ask<Served>({});
        return { ...sample, cpu: (after.cpu - before.cpu) / sample.count };
      },
    };
  };
  const [port, storedPort] = [await freePort(), await freePort()];
  const results = await contest(size, {
    today: await nodeRed(names.today, flowOfToday),
    own: await nodeRed(names.own, ours("received", port), port),
    ownStored: await nodeRed(names.ownStored, ours("stored", storedPort), storedPort),
    shared: await nodeRed(names.shared, ours("received")),
    sharedStored: await nodeRed(names.sharedStored, ours("stored")),
    limit: await nodeRed(names.limit, [{ id: "count", type: "bench-route", z: "tab", path, wires: [] }]),
    express: await server(names.express, "express"),
    http: await server(names.http, "http"),
  });
  const { today, own, ownStored, shared, sharedStored, limit, express, http } = results;
  const rates = [
    { ours: own, rival: today, target: 5 },
    { ours: shared, rival: today, target: 1.3 },
    { ours: limit, rival: today },
    { ours: ownStored, rival: today, target: 3 },
    { ours: sharedStored, rival: today, target: 1 },
    { ours: own, rival: express },
    { ours: ownStored, rival: express },
    { ours: shared, rival: express },
    { ours: own, rival: http, target: 0.45 },
    { ours: ownStored, rival: http },
  ];
  const all = [own, shared, ownStored, sharedStored];
  return {
    title: {
      en: `Pushes, at ${connections} connections`,
      zh: `推送，${connections} 个连接`,
    },
    about: [
      {
        en: "Every push is different and is signed before the measurement starts. The pushes are the five kinds of events of a call, in order. Every answered push has reached the next node. The rivals check only the digest; ours also checks the time and repeats, and derives fields. Stored pushes are on disk (fsync) before they are answered, and sccc-confirm confirms them. The route that checks nothing is not a rival: it shows the highest rate that is possible on Node-RED's server.",
        zh: "每条推送各不相同，并在测量开始之前签名。推送依次是一通通话的五种事件。每条已应答的推送都已到达下一个节点。对手只校验摘要；我们还校验时间和重复，并补充派生字段。stored 的推送先写入磁盘（fsync）再应答，并由 sccc-confirm 确认。不做检查的路由不是对手：它表明在 Node-RED 的服务器上可能达到的最高速度。",
      },
    ],
    comparisons: [
      ...rates.map((rate) => ({ ...rate, measure: "perSecond" as const })),
      ...all.map((one) => ({ ours: one, rival: today, measure: "p99" as const })),
      ...[own, shared].map((one) => ({ ours: one, rival: today, measure: "cpu" as const })),
      { ours: own, rival: http, measure: "cpu" as const },
    ],
  };
}
