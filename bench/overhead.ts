// Benchmark of the processor time that a command node adds to its HTTP request, compared with two function nodes in a row.
import { Child, type Children } from "./child";
import { ours, startPlatform } from "./commands";
import { contest, type Measured, type Sample, type Size } from "./contest";
import { functionNode, pump, pumped } from "./node-red";
import type { Section } from "./report";
import type { Commands } from "./rivals";

/** The difference of two contenders' processor times, by round. */
const without = (one: Measured, other: Measured): Measured => ({
  name: {
    en: `${one.name.en}, without its HTTP request`,
    zh: `${one.name.zh}（减去 HTTP 请求）`,
  },
  samples: one.samples.map((sample, round) => ({
    ...sample,
    cpu: (sample.cpu ?? Number.NaN) - (other.samples[round]?.cpu ?? Number.NaN),
  })),
});

/** Runs the part. */
export async function overhead(size: Size, children: Children): Promise<Section> {
  const url = await startPlatform(children);
  const node = await children.nodeRed(ours(url, "sccc-get-agent-status", "status"));
  const chain = await children.nodeRed([
    pump("plain", "first"),
    functionNode("first", "return msg;", [["second"]]),
    functionNode("second", "return msg;", [["pump"]]),
  ]);
  const client = children.add(new Child("rivals.ts", "request"));
  const pumping = { inFlight: 16, seconds: size.seconds };
  const measured = await contest(size, {
    node: {
      name: { en: "sccc-get-agent-status", zh: "sccc-get-agent-status" },
      measure: () => pumped(node, pumping),
    },
    client: {
      name: { en: "node:http alone", zh: "单独的 node:http" },
      measure: () => {
        const question: Commands = { url, api: "getAgentStatus", ...pumping };
        return client.ask<Sample>(question);
      },
    },
    chain: {
      name: { en: "inject → function → function", zh: "inject → function → function" },
      measure: () => pumped(chain, pumping),
    },
  });
  return {
    title: { en: "What a command node adds to a message", zh: "命令节点给一条消息增加的开销" },
    about: [
      {
        en: "Processor time of the whole process for each message. The time that node:http alone needs to send the same command is subtracted. The rest is the node, axios and Node-RED.",
        zh: "整个进程花在每条消息上的处理器时间。从中减去 node:http 单独发送同一命令所需的时间。余下的是节点、axios 与 Node-RED 的开销。",
      },
    ],
    comparisons: [
      { ours: without(measured.node, measured.client), rival: measured.chain, measure: "cpu" },
      { ours: measured.node, rival: measured.client, measure: "cpu" },
    ],
  };
}
