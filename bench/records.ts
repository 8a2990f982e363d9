// Benchmark of records: reads a million of them in pages with sccc-get-records-list, compared with the client alone.
import { Child, type Children } from "./child";
import { ours, startPlatform } from "./commands";
import { contest, type Sample, type Size, valuesOf } from "./contest";
import { pumped } from "./node-red";
import { type Section, span } from "./report";
import type { Commands } from "./rivals";

const pageSize = 500;

/** Runs the part: the usual number of rounds, each of which reads its share of the records. */
export async function records(size: Size, children: Children): Promise<Section> {
  const url = await startPlatform(children);
  const node = await children.nodeRed(ours(url, "sccc-get-records-list", "records"));
  const client = children.add(new Child("rivals.ts", "axios"));
  const most = Math.ceil(size.records / pageSize / size.rounds);
  const perRecord = ({ count, perSecond, ...rest }: Sample): Sample => ({
    ...rest,
    count: count * pageSize,
    perSecond: perSecond * pageSize,
  });
  const pumping = { inFlight: 1, seconds: 600, most };
  const measured = await contest(size, {
    node: {
      name: { en: "sccc-get-records-list", zh: "sccc-get-records-list" },
      measure: async () => perRecord(await pumped(node, pumping)),
    },
    client: {
      name: { en: "axios alone", zh: "单独的 axios" },
      measure: async () => {
        const question: Commands = { url, api: "getRecordsList", ...pumping };
        return perRecord(await client.ask<Sample>(question));
      },
    },
  });
  const memory = span(valuesOf(measured.node, "rss"));
  const read = measured.node.samples.reduce((sum, { count }) => sum + count, 0).toLocaleString("en-US");
  return {
    title: { en: `Records: ${read} in pages of ${pageSize}`, zh: `录音记录：${read} 条，每页 ${pageSize} 条` },
    about: [
      {
        en: `Ours derives five fields for each record (time with zone, E.164 number, URL …). The client only parses the JSON and finds the greatest key. Resident memory of Node-RED after each round, in MB: ${memory}.`,
        zh: `我们为每条记录补充五个派生字段（带时区的时间、E.164 号码、URL 等）。客户端只解析 JSON 并找出最大的 key。每轮之后 Node-RED 的常驻内存（MB）：${memory}。`,
      },
    ],
    comparisons: [{ ours: measured.node, rival: measured.client, measure: "perSecond" }],
  };
}
