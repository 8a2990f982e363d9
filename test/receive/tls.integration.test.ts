// TLS files that cannot be loaded, in a real Node-RED: it keeps running, names the setting, and serves everything else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { accountOf, collector, eventually, idOf, notifyNode } from "./flow";
import { newMark, pushOf } from "./push";

const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
const [key, cert] = [pem("key.pem"), pem("cert.pem")];
const half = (text: string) => text.slice(0, text.length / 2);
const signer = { customer: "C2", password: "E416D0F85DC0CB67C85E070A32D9F0123AFF4762" };

/** Posts a push over TLS; returns its status, or undefined if there is no answer. */
const post = (port: number, body: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { host: "127.0.0.1", port, path: "/sccc/notify", method: "POST", ca: cert, agent: false, headers };
    const request = https.request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", () => resolve(undefined)).end(body);
  });

describe("TLS files that do not load", function () {
  this.timeout(60_000);

  const folder = temporaryFolder();
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const tlsNode = (id: string, files: Record<string, string>, texts: Record<string, string> = {}): FlowNode => ({
    id,
    type: "tls-config",
    cert: "",
    key: "",
    ca: "",
    verifyservercert: true,
    ...files,
    credentials: texts,
  });
  const tls: Readonly<Record<string, FlowNode>> = {
    garbage: tlsNode("tls-garbage", {}, { keydata: "garbage", certdata: "garbage" }),
    cutOff: tlsNode("tls-cutOff", { key: file("cut.key", half(key)), cert: file("cut.crt", cert) }),
    misfit: tlsNode("tls-misfit", { key: file("misfit.key", cert), cert: file("misfit.crt", cert) }),
    missing: tlsNode("tls-missing", { key: join(folder, "no.key"), cert: join(folder, "no.crt") }),
  };
  const goodTls = tlsNode("tls-good", { key: file("good.key", key), cert: file("good.crt", cert) });
  const names = Object.keys(tls);
  const ports = new Map<string, number>();

  let proxy: http.Server;
  let nodeRed: NodeRed;

  before(async () => {
    for (const name of [...names, "good"]) ports.set(name, await freePort());
    // It opens every tunnel; only then are the account's key and certificate used.
    proxy = http.createServer();
    proxy.on("connect", (_request, socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });
  after(async () => {
    await nodeRed?.stop();
    proxy.close();
    proxy.closeAllConnections();
  });

  const receiving = (name: string, tlsId: string): readonly FlowNode[] => [
    accountOf(name, signer, { pushPort: String(ports.get(name)), pushHost: "127.0.0.1", pushTls: tlsId }),
    notifyNode(name),
  ];
  const flows = (): readonly FlowNode[] => [
    ...collector,
    ...Object.values(tls),
    goodTls,
    ...names.flatMap((name) => receiving(name, `tls-${name}`)),
    ...receiving("good", "tls-good"),
    { id: "proxy", type: "http proxy", url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, noproxy: [] },
    accountOf("sending", signer, {
      baseUrl: "https://127.0.0.1:9",
      tls: "tls-garbage",
      proxy: "proxy",
      retries: 0,
      timeout: 3,
    }),
    { id: "send", type: "inject", z: "flow", props: [], repeat: "", once: false, wires: [["login"]] },
    {
      id: "login",
      type: "sccc-agent-login",
      z: "flow",
      account: idOf("sending"),
      agent: "1000",
      agentType: "str",
      wires: [[]],
    },
  ];

  it("are reported, and Node-RED and all other nodes keep running", async () => {
    nodeRed = await startNodeRed({ version: 4, flows: flows() });
    for (const name of names) {
      const { text } = await nodeRed.log(({ id, level }) => level === "error" && id === idOf(name));
      assert.match(text, /pushTls/);
      assert.equal(await post(ports.get(name)!, pushOf(signer, newMark())), undefined, name);
    }
    await eventually("the other port answers", async () =>
      (await post(ports.get("good")!, pushOf(signer, newMark()))) === 200 ? true : undefined,
    );
  });

  it("are named if an account sends with them", async () => {
    await nodeRed.inject("send");
    const { text } = await nodeRed.log(({ id, level }) => level === "error" && id === "login");
    assert.match(text, /TLS.*\btls\b/);
    assert.equal(await post(ports.get("good")!, pushOf(signer, newMark())), 200);
  });

  it("are tried again with the next deploy", async () => {
    writeFileSync(join(folder, "cut.key"), key);
    await nodeRed.deploy(flows());
    await eventually("the port answers", async () =>
      (await post(ports.get("cutOff")!, pushOf(signer, newMark()))) === 200 ? true : undefined,
    );
  });
});
