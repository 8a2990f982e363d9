// A flow of a real Node-RED that reads a feed and writes down each page's keys as it gets it, for tests that kill it.
import { existsSync, readFileSync } from "node:fs";
import type { FlowNode } from "../../tools/node-red";

/** What a feed's flow is made of. */
export interface FeedFlow {
  /** The platform. */
  readonly url: string;
  readonly customer: string;
  readonly password: string;
  /** The feed's properties. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where pages are written down: a line for each, its keys between commas; in front of them the bytes resident at that moment. */
  readonly file: string;
  /** Of the account. */
  readonly minInterval?: string;
}

const z = "flow";

/** `GET /go` → feed → a line in the file → confirm; a debug node `over` shows the runs that are over. */
export const feedFlow = ({
  url,
  customer,
  password,
  config,
  file,
  minInterval = "0",
}: FeedFlow): readonly FlowNode[] => [
  { id: z, type: "tab", label: "Flow" },
  { id: "account", type: "sccc-account", baseUrl: url, customer, minInterval, credentials: { password } },
  { id: "go", type: "http in", z, url: "/go", method: "get", wires: [["feed", "went"]] },
  { id: "went", type: "http response", z, wires: [] },
  { id: "feed", type: "sccc-feed", z, account: "account", interval: "0", ...config, wires: [["write"], ["over"]] },
  { id: "over", type: "debug", z, active: true, tosidebar: true, complete: "payload", targetType: "msg", wires: [] },
  {
    id: "write",
    type: "function",
    z,
    // At once: what a crash leaves out must not be taken for what the feed left out.
    func: `const keys = msg.payload.map(({ key }) => key);
fs.appendFileSync(${JSON.stringify(file)}, [process.memoryUsage().rss, ...keys].join() + "\\n");
return msg;`,
    libs: [
      { var: "fs", module: "fs" },
      { var: "process", module: "process" },
    ],
    outputs: 1,
    wires: [["confirm"]],
  },
  { id: "confirm", type: "sccc-confirm", z, outcome: "auto", token: "sccc.token", tokenType: "msg", wires: [[]] },
];

/** A page as it was written down. */
export interface Written {
  readonly resident: number;
  readonly keys: readonly string[];
}

/** The pages that were written down. */
export function pagesIn(file: string): readonly Written[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [resident, ...keys] = line.split(",");
      return { resident: Number(resident), keys };
    });
}
