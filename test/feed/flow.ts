// A flow for a real Node-RED that reads a feed and writes each page's keys to a file, for tests that kill it.
import { existsSync, readFileSync } from "node:fs";
import type { FlowNode } from "../../tools/node-red";

/** Options of a feed's flow. */
export interface FeedFlow {
  /** The platform's address. */
  readonly url: string;
  readonly customer: string;
  readonly password: string;
  /** The feed's properties. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The file for pages: one line each, with comma-separated keys, preceded by the resident bytes at that moment. */
  readonly file: string;
  /** A property of the account. */
  readonly minInterval?: string;
}

const z = "flow";

/** `GET /go` → feed → a line in the file → confirm; a debug node `over` shows finished runs. */
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
    // Synchronously: a line that a crash lost must not look like a page that the feed skipped.
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

/** A page in the file. */
export interface Written {
  readonly resident: number;
  readonly keys: readonly string[];
}

/** The pages in the file. */
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
