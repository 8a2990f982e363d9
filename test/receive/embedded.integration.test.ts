// Node-RED embedded in an application: after RED.stop(), the package does not keep the process alive.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeRedVersions, root, testHost } from "../../tools/hosts";
import { freePort, packageName, temporaryFolder } from "../../tools/node-red";
import { accountOf, confirmNode, idOf, listening, notifyNode } from "./flow";
import { pendingIn } from "./pending";
import { newMark, pushOf } from "./push";
import { Sender } from "./wire";

const signer = { customer: "C2", password: "the password of C2" };

for (const version of nodeRedVersions) {
  describe(`Node-RED ${version} in an application`, function () {
    this.timeout(60_000);

    it("leaves no own port open, and lets the process end, after RED.stop()", async () => {
      assert.equal(spawnSync(process.execPath, [join(root, "build/ready.mjs")], { stdio: ["ignore", 2, 2] }).status, 0);
      const userDir = temporaryFolder();
      const place = join(userDir, "node_modules", packageName);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(root, place, "junction");
      writeFileSync(join(userDir, "package.json"), JSON.stringify({ dependencies: { [packageName]: "*" } }));
      const ports = [await freePort(), await freePort()];
      const accounts = ports.map((port, index) => {
        const pushAnswer = index === 0 ? "received" : "stored";
        return accountOf(pushAnswer, signer, { pushPort: String(port), pushHost: "127.0.0.1", pushAnswer });
      });
      const flows = [
        { id: "flow", type: "tab", label: "Flow" },
        ...accounts.map(({ credentials: _, ...account }) => account),
        ...["received", "stored"].map((name) => notifyNode(name, { x: 0, y: 0, wires: [["confirm"]] })),
        { ...confirmNode(["tell"]), x: 0, y: 0 },
        { id: "tell", type: "function", z: "flow", x: 0, y: 0, func: 'node.warn("confirmed");', outputs: 0, wires: [] },
      ];
      const secrets = ["received", "stored"].map((name) => [idOf(name), { password: signer.password }]);
      writeFileSync(join(userDir, "flows.json"), JSON.stringify(flows));
      writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(Object.fromEntries(secrets)));

      const { node, nodeRed } = testHost(version);
      const application = spawn(node, [join(root, "tools/embedding.cjs"), nodeRed, userDir], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const senders = ports.map((port) => new Sender(port, "/sccc/notify"));
      try {
        const exited = once(application, "exit");
        let output = "";
        application.stdout.on("data", (chunk) => {
          output += chunk;
        });
        while (!output.includes("ports")) await once(application.stdout, "data");
        for (const [index, port] of ports.entries()) {
          await listening(port);
          // The connection stays open, as platforms keep it.
          assert.equal((await senders[index]?.post(pushOf(signer, newMark())))?.status, 200);
        }
        // The receiving thread has answered before the flow gets the push.
        while (output.split("confirmed").length <= ports.length) await once(application.stdout, "data");
        application.stdin.end();
        const limit = setTimeout(() => application.kill("SIGKILL"), 15_000);
        const end = await exited;
        clearTimeout(limit);
        assert.deepEqual(end, [0, null], output);
        assert.match(output, /stopped/);
        const folder = join(userDir, "sccc/spool", idOf("stored"));
        assert.equal(await pendingIn(folder), 0, "what the flow confirmed is on disk");
      } finally {
        for (const sender of senders) sender.close();
        application.kill("SIGKILL");
      }
    });
  });
}
